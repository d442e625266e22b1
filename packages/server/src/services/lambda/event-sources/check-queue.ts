/**
 * Whether a queue can be a function's source. AWS asks with the function's role for each right that
 * its pollers will need. Here too, by requests that the queue refuses for their values, after their
 * rights: nothing is received, nothing deleted.
 */
import type { GetQueueAttributesResult } from '@aws-sdk/client-sqs';
import { AwsError } from '../../../core/aws-error.ts';
import { callerInRole } from '../caller-in-role.ts';
import { functionOf, type MappedFunction } from './batch-target.ts';
import type { LambdaRoom } from '../lambda-deps.ts';
import { invalidParameter } from '../lambda-errors.ts';

export async function checkQueue(
  room: LambdaRoom,
  mapped: MappedFunction,
  queueArn: string,
): Promise<void> {
  const found = functionOf(room, mapped);
  if (found === undefined) throw invalidParameter('Function does not exist');
  const caller = await callerInRole(room, found.settings.role, mapped);
  const [, , , , account = '', name = ''] = queueArn.split(':');
  const ask = async (operation: string, input: object): Promise<object> => {
    try {
      const request = { QueueUrl: `/${account}/${name}`, ...input };
      return await room.callAs(caller, 'sqs', operation, request);
    } catch (error) {
      throw translated(error, operation) ?? error;
    }
  };
  await refusedForItsValue(ask('ReceiveMessage', { MaxNumberOfMessages: 0 }));
  await refusedForItsValue(ask('DeleteMessage', { ReceiptHandle: 'none' }));
  const { Attributes: attributes } = (await ask('GetQueueAttributes', {
    AttributeNames: ['VisibilityTimeout'],
  })) as GetQueueAttributesResult;
  const visibility = Number(attributes?.['VisibilityTimeout']);
  const { timeoutSeconds } = found.settings;
  if (visibility < timeoutSeconds) {
    throw invalidParameter(
      `Queue visibility timeout: ${visibility} seconds is less than Function timeout: ${timeoutSeconds} seconds`,
    );
  }
}

/** Undefined for what does not keep the queue from being a source. */
function translated(error: unknown, operation: string): AwsError | undefined {
  if (!(error instanceof AwsError)) return undefined;
  if (error.status === 403) {
    return invalidParameter(
      `The provided execution role does not have permissions to call ${operation} on SQS`,
      error,
    );
  }
  if (!/QueueDoesNotExist|NonExistentQueue/.test(error.code)) return undefined;
  return invalidParameter(
    `Error occurred while ${operation}. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.`,
    error,
  );
}

async function refusedForItsValue(asked: Promise<object>): Promise<void> {
  try {
    await asked;
  } catch (error) {
    const isForValue =
      error instanceof AwsError &&
      error.fault === 'client' &&
      error.code !== 'InvalidParameterValueException';
    if (!isForValue) throw error;
  }
}
