/**
 * Whether a function's role may tell the targets that it is given: asked when they are set, as on
 * AWS, and again whenever something is told.
 */
import { AwsError } from '../../core/aws-error.ts';
import type { ServiceName } from '../../core/operation.ts';
import type { FunctionSettings } from '../../functions/function-record.ts';
import { callerInRole, type InRole } from './caller-in-role.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { invalidParameter } from './lambda-errors.ts';

export async function checkDeadLetters(
  room: LambdaRoom,
  named: InRole,
  { role, deadLetterArn }: Pick<FunctionSettings, 'role' | 'deadLetterArn'>,
): Promise<void> {
  if (deadLetterArn === undefined) return;
  const denied = await deniedOf(room, named, role, deadLetterArn);
  if (denied === undefined) return;
  const service = denied.service.toUpperCase();
  throw invalidParameter(
    `The provided execution role does not have permissions to call ${denied.operation} on ${service}`,
    denied.error,
  );
}

export async function checkDestinations(
  room: LambdaRoom,
  named: InRole,
  { role }: Pick<FunctionSettings, 'role'>,
  arns: readonly string[],
): Promise<void> {
  for (const arn of arns) {
    const denied = await deniedOf(room, named, role, arn);
    if (denied === undefined) continue;
    throw invalidParameter(
      `The function's execution role does not have permissions to call ${denied.operation} on ${arn}`,
      denied.error,
    );
  }
}

interface Question {
  readonly service: ServiceName;
  readonly operation: string;
  readonly input: object;
}

interface Denied extends Question {
  readonly error: AwsError;
}

/** Undefined where the role may, and where nobody can say now whether it may. */
async function deniedOf(
  room: LambdaRoom,
  named: InRole,
  role: string,
  arn: string,
): Promise<Denied | undefined> {
  const question = questionTo(arn);
  if (question === undefined) return undefined;
  const caller = await callerInRole(room, role, named, arn);
  const { service, operation, input } = question;
  try {
    await room.callAs({ ...caller, isQuestion: true }, service, operation, input);
  } catch (error) {
    if (error instanceof AwsError && error.status === 403) return { ...question, error };
  }
  return undefined;
}

/** What would be sent, but for its content. */
function questionTo(arn: string): Question | undefined {
  const [, , service = '', , account = '', ...name] = arn.split(':');
  switch (service) {
    case 'sqs': {
      const input = { QueueUrl: `/${account}/${name.join(':')}`, MessageBody: '?' };
      return { service, operation: 'SendMessage', input };
    }
    case 'sns':
      return { service, operation: 'Publish', input: { TopicArn: arn, Message: '?' } };
    case 'lambda':
      return { service, operation: 'Invoke', input: { FunctionName: arn } };
    case 'events':
      return { service, operation: 'PutEvents', input: { Entries: [{ EventBusName: arn }] } };
    case 's3':
      return { service, operation: 'PutObject', input: { Bucket: name.join(':'), Key: '?' } };
    default:
      return undefined;
  }
}
