/** X-Ray's errors. AWS's codes; the wordings of AWS are not known. */
import { AwsError } from '../../core/aws-error.ts';

export function invalidRequest(message: string): AwsError {
  return new AwsError('InvalidRequestException', 400, message);
}

export function throttled(): AwsError {
  return new AwsError('ThrottledException', 429, 'Rate exceeded');
}

/** What AWS has and what would have no effect here is refused, not ignored. */
export function cannotYet(what: string): AwsError {
  return invalidRequest(`Hearth does not implement ${what} yet.`);
}
