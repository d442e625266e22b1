/** EventBridge's errors, each with the wording that AWS was seen to answer unless it says otherwise. */
import { AwsError, validationException } from '../../core/aws-error.ts';

export function ruleNotFound(name: string): AwsError {
  return notFound(`Rule ${name} does not exist on EventBus default.`);
}

export function busNotFound(name: string): AwsError {
  return notFound(`Event bus ${name} does not exist.`);
}

export function invalidArn(arn: string): AwsError {
  return validationException(
    `Parameter ${arn} is not valid. Reason: Provided Arn is not in correct format.`,
  );
}

export function tooMany(): AwsError {
  return new AwsError(
    'LimitExceededException',
    400,
    'The requested resource exceeds the maximum number allowed.',
  );
}

/** What AWS has and what would have no effect here is refused, not ignored. */
export function cannotYet(what: string): AwsError {
  return validationException(`Hearth does not implement ${what} yet.`);
}

function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', 400, message);
}
