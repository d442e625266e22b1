/** AddPermission and RemovePermission: a queue's policy without writing one. */
import type { AddPermissionRequest, RemovePermissionRequest } from '@aws-sdk/client-sqs';
import type { Operation, ResourcePolicy } from '../../core/operation.ts';
import type { PolicyStatement } from '../../iam/policy-statement.ts';
import type { Validated } from '../validated.ts';
import { findQueue, queuePermission } from './find-queue.ts';
import { queueArn, type QueueRecord } from './queue-record.ts';
import { invalidParameter, missingParameter, queueNotFound } from './sqs-errors.ts';
import type { SqsRoom } from './sqs-deps.ts';

/** AWS documents which actions can be shared in this way. */
const sharable: ReadonlySet<string> = new Set([
  '*',
  'ChangeMessageVisibility',
  'DeleteMessage',
  'GetQueueAttributes',
  'GetQueueUrl',
  'ListDeadLetterSourceQueues',
  'PurgeQueue',
  'ReceiveMessage',
  'SendMessage',
]);

export function addPermission(room: SqsRoom): Operation<Validated<AddPermissionRequest>> {
  return {
    name: 'AddPermission',
    permissions: (input, context) => [queuePermission(room, 'AddPermission', input, context)],
    handle: async (input, context) => {
      await room.records.change(findQueue(room, input, context), (record) => {
        if (record === undefined) throw queueNotFound();
        return { ...record, policy: withStatement(record, input) };
      });
      return {};
    },
  };
}

export function removePermission(room: SqsRoom): Operation<Validated<RemovePermissionRequest>> {
  return {
    name: 'RemovePermission',
    permissions: (input, context) => [queuePermission(room, 'RemovePermission', input, context)],
    handle: async (input, context) => {
      await room.records.change(findQueue(room, input, context), (record) => {
        if (record === undefined) throw queueNotFound();
        const statements = record.policy?.Statement ?? [];
        const rest = statements.filter(({ Sid: sid }) => sid !== input.Label);
        if (rest.length === statements.length) {
          throw invalidParameter(input.Label, 'Label', "can't find label.");
        }
        const { policy, ...others } = record;
        if (policy === undefined || rest.length === 0) return others;
        return { ...others, policy: { ...policy, Statement: rest } };
      });
      return {};
    },
  };
}

function withStatement(
  record: QueueRecord,
  input: Validated<AddPermissionRequest>,
): ResourcePolicy {
  const { Label: label, AWSAccountIds: accounts, Actions: actions } = input;
  if (accounts.length === 0) throw missingParameter('AWSAccountIds');
  if (actions.length === 0) throw missingParameter('Actions');
  for (const account of accounts) {
    if (!/^\d{12}$/.test(account ?? '')) {
      throw invalidParameter(account, 'PrincipalId', 'Unable to verify.');
    }
  }
  for (const action of actions) {
    if (sharable.has(action ?? '')) continue;
    const reason = `Only the queue owner is allowed to invoke this action.`;
    throw invalidParameter(`SQS:${action}`, 'ActionName', reason);
  }
  const statements = record.policy?.Statement ?? [];
  if (statements.some(({ Sid: sid }) => sid === label)) {
    throw invalidParameter(label, 'Label', 'Already exists.');
  }
  const arn = queueArn(record);
  const statement: PolicyStatement = {
    Sid: label,
    Effect: 'Allow',
    Principal: { AWS: oneOrMore(accounts.map((account) => `arn:aws:iam::${account}:root`)) },
    Action: oneOrMore(actions.map((action) => `SQS:${action}`)),
    Resource: arn,
  };
  const policy = record.policy ?? {
    Version: '2008-10-17' as const,
    Id: `${arn}/SQSDefaultPolicy`,
    Statement: [],
  };
  return { ...policy, Statement: [...statements, statement] };
}

/** AWS: one alone stands as a text. */
function oneOrMore(values: readonly string[]): string | readonly string[] {
  const [only = ''] = values;
  return values.length === 1 ? only : values;
}
