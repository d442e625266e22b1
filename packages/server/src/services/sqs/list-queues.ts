import type {
  GetQueueUrlRequest,
  GetQueueUrlResult,
  ListDeadLetterSourceQueuesRequest,
  ListDeadLetterSourceQueuesResult,
  ListQueuesRequest,
  ListQueuesResult,
} from '@aws-sdk/client-sqs';
import type { Operation, OperationContext } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { findQueue, keyPermission, queuePermission, queueUrl } from './find-queue.ts';
import { queueArn, type QueueKey, type QueueRecord } from './queue-record.ts';
import { redrivePolicyOf } from './redrive-policy.ts';
import { invalidParameter, invalidValue, queueNotFound } from './sqs-errors.ts';
import type { SqsRoom } from './sqs-deps.ts';

export function getQueueUrl(
  room: SqsRoom,
): Operation<Validated<GetQueueUrlRequest>, GetQueueUrlResult> {
  const keyOfInput = (
    { QueueName: name, QueueOwnerAWSAccountId: owner }: Validated<GetQueueUrlRequest>,
    { account, region }: OperationContext,
  ): QueueKey => ({ account: owner ?? account, region, name });
  return {
    name: 'GetQueueUrl',
    permissions: (input, context) => [
      keyPermission(room, 'GetQueueUrl', keyOfInput(input, context), context),
    ],
    handle: async (input, context) => {
      const record = room.records.find(keyOfInput(input, context));
      if (record === undefined) throw queueNotFound();
      return { QueueUrl: queueUrl(context, record) };
    },
  };
}

export function listQueues(room: SqsRoom): Operation<ListQueuesRequest, ListQueuesResult> {
  return {
    name: 'ListQueues',
    permissions: (_input, context) => [
      keyPermission(room, 'ListQueues', { ...ownerOf(context), name: '*' }, context),
    ],
    handle: async ({ QueueNamePrefix: prefix = '', ...paging }, context) => {
      const all = room.records.list(ownerOf(context)).filter(({ name }) => name.startsWith(prefix));
      const { page, token } = pageOf(all, paging);
      const urls = page.map((each) => queueUrl(context, each));
      return {
        ...(urls.length === 0 ? {} : { QueueUrls: urls }),
        ...(token === undefined ? {} : { NextToken: token }),
      };
    },
  };
}

export function listDeadLetterSourceQueues(
  room: SqsRoom,
): Operation<Validated<ListDeadLetterSourceQueuesRequest>, ListDeadLetterSourceQueuesResult> {
  return {
    name: 'ListDeadLetterSourceQueues',
    permissions: (input, context) => [
      queuePermission(room, 'ListDeadLetterSourceQueues', input, context),
    ],
    handle: async ({ NextToken, MaxResults, ...input }, context) => {
      const arn = queueArn(findQueue(room, input, context));
      const sources = room.records
        .list(ownerOf(context))
        .filter((each) => redrivePolicyOf(each)?.deadLetterTargetArn === arn);
      const { page, token } = pageOf(sources, { NextToken, MaxResults });
      const queueUrls = page.map((each) => queueUrl(context, each));
      return token === undefined ? { queueUrls } : { queueUrls, NextToken: token };
    },
  };
}

const MOST_RESULTS = 1_000;

/** AWS: pages are given only to those who ask for them by MaxResults. */
function pageOf(
  all: readonly QueueRecord[],
  paging: {
    readonly NextToken?: string | undefined;
    readonly MaxResults?: number | undefined;
  },
): { readonly page: readonly QueueRecord[]; readonly token: string | undefined } {
  const { NextToken: after, MaxResults: most } = paging;
  if (most !== undefined && (most < 1 || most > MOST_RESULTS)) {
    const reason = `MaxResults must be an integer between 1 and ${MOST_RESULTS}.`;
    throw invalidParameter(most, 'MaxResults', reason);
  }
  const last = after === undefined ? '' : Buffer.from(after, 'base64url').toString();
  if (after !== undefined && !/^[\w.-]+$/.test(last))
    throw invalidValue('Invalid NextToken value.');
  const rest = all.filter(({ name }) => name > last);
  const page = rest.slice(0, most ?? MOST_RESULTS);
  const isWhole = most === undefined || page.length === rest.length;
  const token = isWhole ? undefined : Buffer.from(page.at(-1)?.name ?? '').toString('base64url');
  return { page, token };
}

function ownerOf({ account, region }: OperationContext): Omit<QueueKey, 'name'> {
  return { account, region };
}
