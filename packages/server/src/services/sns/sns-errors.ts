/** SNS's errors, each with the wording that AWS was seen to answer unless it says otherwise. */
import { AwsError } from '../../core/aws-error.ts';

export function invalidParameter(what: string): AwsError {
  return new AwsError('InvalidParameter', 400, `Invalid parameter: ${what}`);
}

export function invalidAttributeValue(message: string): AwsError {
  return new AwsError('ParameterValueInvalid', 400, message);
}

export function topicNotFound(): AwsError {
  return new AwsError('NotFound', 404, 'Topic does not exist');
}

export function subscriptionNotFound(): AwsError {
  return new AwsError('NotFound', 404, 'Subscription does not exist');
}

export function resourceNotFound(): AwsError {
  return new AwsError('ResourceNotFound', 404, 'Resource does not exist');
}

/** From memory. */
export function tooManyTags(): AwsError {
  return new AwsError(
    'TagLimitExceeded',
    400,
    'Could not complete request: tag quota of per resource exceeded',
  );
}

export function batchRefused(code: string, message: string): AwsError {
  return new AwsError(code, 400, message);
}

/** What AWS has and what would have no effect here is refused, not ignored. */
export function cannotYet(what: string): AwsError {
  return invalidParameter(`Hearth does not implement ${what} yet.`);
}
