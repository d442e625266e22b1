import type { CreateQueueRequest, CreateQueueResult } from '@aws-sdk/client-sqs';
import { AwsError } from '../../core/aws-error.ts';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { keyPermission, queueUrl, withRequestTags } from './find-queue.ts';
import { checkName, withAttributes } from './queue-attributes.ts';
import { attributesOf, type QueueKey, type QueueRecord } from './queue-record.ts';
import { checkTags } from './queue-tags.ts';
import { unknownAttribute } from './sqs-errors.ts';
import type { SqsRoom } from './sqs-deps.ts';

export function createQueue(
  room: SqsRoom,
): Operation<Validated<CreateQueueRequest>, CreateQueueResult> {
  return {
    name: 'CreateQueue',
    permissions: ({ QueueName: name, tags = {} }, context) => {
      const key = { account: context.account, region: context.region, name };
      const creation = withRequestTags(keyPermission(room, 'CreateQueue', key, context), tags);
      if (Object.keys(tags).length === 0) return [creation];
      return [creation, withRequestTags(keyPermission(room, 'TagQueue', key, context), tags)];
    },
    handle: async (input, context) => {
      const { QueueName: name, Attributes: given = {}, tags = {} } = input;
      const key: QueueKey = { account: context.account, region: context.region, name };
      checkFifo(name, given);
      checkTags(tags);
      await room.records.change(key, (existing) => {
        if (existing !== undefined) return same(existing, given);
        const nowMs = room.clock.nowMs();
        const empty = { ...key, id: room.ids.uuid(), createdMs: nowMs, modifiedMs: nowMs };
        return withAttributes(room, { ...empty, attributes: {}, tags }, given);
      });
      return { QueueUrl: queueUrl(context, key) };
    },
  };
}

function checkFifo(name: string, given: Readonly<Record<string, string>>): void {
  const { FifoQueue: fifo } = given;
  // AWS: a standard queue does not say that it is not a FIFO queue.
  if (fifo !== undefined && fifo !== 'true') throw unknownAttribute('FifoQueue');
  checkName(name, fifo === 'true');
}

/** Asking for a queue that is there, as it is, is no error. */
function same(existing: QueueRecord, given: Readonly<Record<string, string>>): QueueRecord {
  const attributes = attributesOf(existing);
  for (const [name, value] of Object.entries(given)) {
    const isSame = name === 'Policy' ? isSamePolicy(existing, value) : attributes[name] === value;
    if (isSame) continue;
    throw new AwsError(
      'QueueNameExists',
      400,
      `A queue already exists with the same name and a different value for attribute ${name}`,
    );
  }
  return existing;
}

function isSamePolicy({ policy }: QueueRecord, text: string): boolean {
  try {
    return JSON.stringify(policy) === JSON.stringify(JSON.parse(text));
  } catch {
    // What is no JSON is no policy that is there.
    return false;
  }
}
