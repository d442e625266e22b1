/** EventBridge's errors, each with the wording that AWS was seen to answer unless it says otherwise. */
import { AwsError, validationException } from '../../core/aws-error.ts';
import { DEFAULT_BUS } from './bus-record.ts';
import type { RuleKey } from './rule-record.ts';

export function ruleNotFound({ name, bus = DEFAULT_BUS }: Pick<RuleKey, 'name' | 'bus'>): AwsError {
  return notFound(`Rule ${name} does not exist on EventBus ${bus}.`);
}

export function busNotFound(name: string): AwsError {
  return notFound(`Event bus ${name} does not exist.`);
}

export function busExists(name: string): AwsError {
  return new AwsError('ResourceAlreadyExistsException', 400, `Event bus ${name} already exists.`);
}

/** The reason is in our words. */
export function invalidPattern(reason: string): AwsError {
  const message = `Event pattern is not valid. Reason: ${reason}`;
  return new AwsError('InvalidEventPatternException', 400, message);
}

export function statementNotFound(): AwsError {
  return notFound('Statement with the provided id does not exist.');
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
