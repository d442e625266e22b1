/** The errors of identity and permission, which AWS names differently in each protocol. */
import { AwsError } from '../core/aws-error.ts';

/** An access key that does not exist (here), or a session token that is not its own. */
export function invalidToken(service: string): AwsError {
  if (service === 's3') {
    return new AwsError(
      'InvalidAccessKeyId',
      403,
      'The AWS Access Key Id you provided does not exist in our records.',
    );
  }
  const message = 'The security token included in the request is invalid.';
  return isQuery(service)
    ? new AwsError('InvalidClientTokenId', 403, message)
    : new AwsError('UnrecognizedClientException', statusOf(service), message);
}

export function expiredToken(service: string): AwsError {
  if (service === 's3') {
    return new AwsError('ExpiredToken', 400, 'The provided token has expired.');
  }
  const message = 'The security token included in the request is expired';
  return isQuery(service)
    ? new AwsError('ExpiredToken', 403, message)
    : new AwsError('ExpiredTokenException', statusOf(service), message);
}

export function accessDenied(service: string, message: string): AwsError {
  return isQuery(service) || service === 's3'
    ? new AwsError('AccessDenied', 403, message)
    : new AwsError('AccessDeniedException', statusOf(service), message);
}

/** SQS speaks both kinds of protocol; its JSON gives these errors their JSON names. */
function isQuery(service: string): boolean {
  return service === 'iam' || service === 'sts' || service === 'sqs';
}

/** AWS: the awsJson protocols answer 400 where the others answer 403. */
function statusOf(service: string): number {
  return service === 'logs' || service === 'events' ? 400 : 403;
}
