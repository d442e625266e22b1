/** From a queue's address to its record, and what a caller must be allowed on it. */
import type { OperationContext, Permission } from '../../core/operation.ts';
import { requestTagConditions, resourceTagConditions } from '../tag-conditions.ts';
import { queueArn, type QueueKey, type QueueRecord } from './queue-record.ts';
import { invalidAddress, queueNotFound } from './sqs-errors.ts';
import type { SqsRoom } from './sqs-deps.ts';

export interface QueueRequest {
  readonly QueueUrl: string;
}

/** The address that this caller can use: the endpoint it has used now. */
export function queueUrl(context: OperationContext, { account, name }: QueueKey): string {
  return `${context.endpoint}/${account}/${name}`;
}

/** Whatever the host: the account and the name at the end, in the region of the request. */
function keyOf(url: string, context: OperationContext): QueueKey {
  const [, account, name] = /(?:^|\/)(\d{12})\/([^/?#]+)\/?$/.exec(url) ?? [];
  if (account === undefined || name === undefined) throw invalidAddress(url);
  return { account, region: context.region, name };
}

export function findQueue(
  room: SqsRoom,
  request: QueueRequest,
  context: OperationContext,
): QueueRecord {
  const record = room.records.find(keyOf(request.QueueUrl, context));
  if (record === undefined) throw queueNotFound();
  return record;
}

/** AWS: only the owner's identities may administer a queue, whatever its policy says. */
const forOwnersOnly: ReadonlySet<string> = new Set([
  'AddPermission',
  'CancelMessageMoveTask',
  'CreateQueue',
  'DeleteQueue',
  'ListMessageMoveTasks',
  'ListQueueTags',
  'RemovePermission',
  'SetQueueAttributes',
  'StartMessageMoveTask',
  'TagQueue',
  'UntagQueue',
]);

export function queuePermission(
  room: SqsRoom,
  action: string,
  request: QueueRequest,
  context: OperationContext,
): Permission {
  return keyPermission(room, action, keyOf(request.QueueUrl, context), context);
}

export function keyPermission(
  room: SqsRoom,
  action: string,
  key: QueueKey,
  context: OperationContext,
): Permission {
  const record = room.records.find(key);
  const isForeign = context.account !== key.account;
  const policy = isForeign && forOwnersOnly.has(action) ? undefined : record?.policy;
  return {
    action: `sqs:${action}`,
    resources: [queueArn(key)],
    conditions: resourceTagConditions(record?.tags),
    ...(policy === undefined ? {} : { resourcePolicy: policy }),
  };
}

export function withRequestTags(
  permission: Permission,
  tags: Readonly<Record<string, string>> = {},
): Permission {
  return {
    ...permission,
    conditions: { ...permission.conditions, ...requestTagConditions(tags) },
  };
}

/** The queue of an ARN; undefined where there is none. */
export function keyOfArn(arn: string): QueueKey | undefined {
  const [, region, account, name] =
    /^arn:aws[\w-]*:sqs:([a-z0-9-]+):(\d{12}):([\w-]{1,75}(?:\.fifo)?|[\w-]{1,80})$/.exec(arn) ??
    [];
  if (region === undefined || account === undefined || name === undefined) return undefined;
  return { region, account, name };
}
