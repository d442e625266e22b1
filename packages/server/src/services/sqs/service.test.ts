import type { ReceiveMessageResult, SendMessageResult } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openMemoryStore } from '../../../../testkit/src/memory-store.ts';
import type { AwsError } from '../../core/aws-error.ts';
import type { Operation } from '../../core/operation.ts';
import { createContext } from '../../iam/fixtures/create-context.ts';
import { randomIds } from '../../lib/ids.ts';
import { silentLogger } from '../../lib/logger.ts';
import type { DurableQueue } from '../../store/queue/durable-queue.ts';
import { openDurableQueue } from '../../store/queue/open-durable-queue.ts';
import { openSqsService, type SqsService } from './service.ts';

const account = '000000000000';
const context = createContext({ account });
const arnOf = (name: string): string => `arn:aws:sqs:eu-west-1:${account}:${name}`;

let passedMs: number;
let queue: DurableQueue;
let service: SqsService;
beforeEach(async () => {
  passedMs = 0;
  const clock = { nowMs: () => 1_790_000_000_000 + passedMs, monotonicMs: () => passedMs };
  const deps = { store: openMemoryStore(), clock, ids: randomIds, logger: silentLogger };
  queue = await openDurableQueue(deps);
  service = await openSqsService({ ...deps, messages: queue });
});
afterEach(async () => {
  await service.close();
  await queue.close();
});

async function call<Output = Record<string, unknown>>(
  name: string,
  input: object,
): Promise<Output> {
  const operation = service.operations.get(name) as Operation<object>;
  return (await operation.handle(input, context)) as Output;
}
async function make(name: string, Attributes: Record<string, string> = {}): Promise<string> {
  const made = await call<{ QueueUrl: string }>('CreateQueue', { QueueName: name, Attributes });
  return made.QueueUrl;
}
const send = (QueueUrl: string, MessageBody: string, more: object = {}) =>
  call<SendMessageResult>('SendMessage', { QueueUrl, MessageBody, ...more });
const receive = async (QueueUrl: string, more: object = {}) => {
  const input = { QueueUrl, MaxNumberOfMessages: 10, ...more };
  return (await call<ReceiveMessageResult>('ReceiveMessage', input)).Messages ?? [];
};
const bodies = (messages: ReceiveMessageResult['Messages']) => messages?.map(({ Body }) => Body);
const failure = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => undefined,
    (reason: AwsError) => reason,
  );
  return error === undefined ? 'none' : `${error.status} ${error.code}: ${error.message}`;
};

describe('queues', () => {
  test('have an address at the endpoint that the caller used, and AWS defaults', async () => {
    const url = await make('jobs');
    expect(url).toBe(`http://127.0.0.1:4566/${account}/jobs`);
    const { Attributes } = await call('GetQueueAttributes', {
      QueueUrl: url,
      AttributeNames: ['All'],
    });
    expect(Attributes).toEqual({
      QueueArn: arnOf('jobs'),
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '0',
      ApproximateNumberOfMessagesDelayed: '0',
      CreatedTimestamp: '1790000000',
      LastModifiedTimestamp: '1790000000',
      VisibilityTimeout: '30',
      MaximumMessageSize: '1048576',
      MessageRetentionPeriod: '345600',
      DelaySeconds: '0',
      ReceiveMessageWaitTimeSeconds: '0',
      SqsManagedSseEnabled: 'true',
    });
  });

  test('are made again as they are, and not otherwise', async () => {
    const url = await make('jobs', { DelaySeconds: '5' });
    expect(await make('jobs', { DelaySeconds: '5' })).toBe(url);
    expect(await make('jobs')).toBe(url);
    expect(await failure(make('jobs', { DelaySeconds: '6' }))).toBe(
      '400 QueueNameExists: A queue already exists with the same name and a different value for attribute DelaySeconds',
    );
  });

  test.each([
    [
      { QueueName: 'a b' },
      'Value a b for parameter QueueName is invalid. Reason: Can only include',
    ],
    [{ QueueName: 'a.fifo' }, 'Value a.fifo for parameter QueueName is invalid. Reason: Can only'],
    [{ QueueName: 'a', Attributes: { FifoQueue: 'true' } }, 'must end with .fifo suffix'],
    [{ QueueName: 'a', Attributes: { FifoQueue: 'false' } }, 'Unknown Attribute FifoQueue.'],
    [{ QueueName: 'a', Attributes: { DelaySeconds: '901' } }, 'parameter DelaySeconds.'],
    [{ QueueName: 'a', Attributes: { Colour: 'red' } }, 'Unknown Attribute Colour.'],
    [{ QueueName: 'a', Attributes: { KmsMasterKeyId: 'k' } }, 'Hearth does not implement'],
    [
      {
        QueueName: 'a',
        Attributes: { RedrivePolicy: '{"deadLetterTargetArn":"dummy","maxReceiveCount":42}' },
      },
      'Reason: Invalid value for deadLetterTargetArn.',
    ],
    [
      {
        QueueName: 'a',
        Attributes: {
          RedrivePolicy: `{"deadLetterTargetArn":"${arnOf('no')}","maxReceiveCount":1}`,
        },
      },
      'Dead letter target does not exist.',
    ],
  ])('of %j are refused', async (input, message) => {
    expect(await failure(call('CreateQueue', input))).toContain(message);
  });

  test('are listed by prefix and page by page', async () => {
    for (const name of ['b1', 'a2', 'a1', 'a3']) await make(name);
    const first = await call('ListQueues', { QueueNamePrefix: 'a', MaxResults: 2 });
    expect(first['QueueUrls']).toEqual(['a1', 'a2'].map((each) => expect.stringContaining(each)));
    const input = { QueueNamePrefix: 'a', MaxResults: 2, NextToken: first['NextToken'] };
    expect(await call('ListQueues', input)).toEqual({ QueueUrls: [expect.stringContaining('a3')] });
  });

  test('that were deleted are gone with their messages, also under the same name', async () => {
    const url = await make('jobs');
    await send(url, 'old');
    await call('DeleteQueue', { QueueUrl: url });
    expect(await failure(send(url, 'late'))).toBe(
      '400 QueueDoesNotExist: The specified queue does not exist.',
    );
    await make('jobs');
    expect(await receive(url)).toEqual([]);
  });

  test('have tags', async () => {
    const url = await make('jobs');
    await call('TagQueue', { QueueUrl: url, Tags: { team: 'a', cost: '1' } });
    await call('UntagQueue', { QueueUrl: url, TagKeys: ['cost'] });
    expect(await call('ListQueueTags', { QueueUrl: url })).toEqual({ Tags: { team: 'a' } });
  });

  test('are purged once a minute', async () => {
    const url = await make('jobs');
    await send(url, 'a');
    await call('PurgeQueue', { QueueUrl: url });
    expect(await receive(url)).toEqual([]);
    expect(await failure(call('PurgeQueue', { QueueUrl: url }))).toBe(
      '403 PurgeQueueInProgress: Only one PurgeQueue operation on jobs is allowed every 60 seconds.',
    );
    passedMs += 60_000;
    await call('PurgeQueue', { QueueUrl: url });
  });

  test('are shared by labels', async () => {
    const url = await make('jobs');
    const share = { QueueUrl: url, Label: 'l', AWSAccountIds: ['111111111111'] };
    await call('AddPermission', { ...share, Actions: ['ReceiveMessage'] });
    const policy = await call<{ Attributes: { Policy: string } }>('GetQueueAttributes', {
      QueueUrl: url,
      AttributeNames: ['Policy'],
    });
    expect(JSON.parse(policy.Attributes.Policy)).toMatchObject({
      Version: '2008-10-17',
      Statement: [
        {
          Sid: 'l',
          Effect: 'Allow',
          Principal: { AWS: 'arn:aws:iam::111111111111:root' },
          Action: 'SQS:ReceiveMessage',
          Resource: arnOf('jobs'),
        },
      ],
    });
    expect(await failure(call('AddPermission', { ...share, Actions: ['*'] }))).toContain(
      'Value l for parameter Label is invalid. Reason: Already exists.',
    );
    await call('RemovePermission', { QueueUrl: url, Label: 'l' });
    expect(await failure(call('RemovePermission', { QueueUrl: url, Label: 'l' }))).toContain(
      "Value l for parameter Label is invalid. Reason: can't find label.",
    );
  });
});

describe('messages', () => {
  test('come back with checksums, attributes and system attributes', async () => {
    const url = await make('jobs');
    const MessageAttributes = {
      Hello: { DataType: 'String', StringValue: 'There' },
      General: { DataType: 'String', StringValue: 'Kenobi' },
      'Help.Me': { DataType: 'String', StringValue: 'Me' },
      bytes: { DataType: 'Binary', BinaryValue: Buffer.from([0, 255]) },
    };
    const sent = await send(url, 'msg', { MessageAttributes });
    expect(sent).toMatchObject({ MD5OfMessageBody: '6e2baaf3b97dbeef01c0043275f9a0e7' });
    const [message] = await receive(url, {
      AttributeNames: ['All'],
      MessageAttributeNames: ['Hello', 'General', 'Help.*'],
    });
    expect(message).toMatchObject({
      MessageId: sent.MessageId,
      Body: 'msg',
      MD5OfBody: '6e2baaf3b97dbeef01c0043275f9a0e7',
      // AWS: recorded; of the attributes that are returned.
      MD5OfMessageAttributes: '4c360f3fdafd970e05fae2f149d997f5',
      Attributes: {
        ApproximateReceiveCount: '1',
        SenderId: account,
        SentTimestamp: '1790000000000',
      },
    });
    passedMs += 30_000;
    const [again] = await receive(url, { MessageAttributeNames: ['bytes'] });
    expect(Buffer.from(again?.MessageAttributes?.['bytes']?.BinaryValue ?? [])).toEqual(
      Buffer.from([0, 255]),
    );
    expect(again?.Attributes).toBeUndefined();
  });

  test.each([
    ['empty', '', {}, 'MissingParameter: The request must contain the parameter MessageBody.'],
    ['with a control character', 'a\u0000', {}, "Invalid binary character '#x0' was found"],
    ['too long', 'a'.repeat(1_025), {}, 'Message must be shorter than 1024 bytes.'],
    ['delayed for too long', 'a', { DelaySeconds: 901 }, 'DelaySeconds must be >= 0 and <= 900.'],
    [
      'with an empty attribute',
      'a',
      { MessageAttributes: { ErrorDetails: { DataType: 'String', StringValue: '' } } },
      "Message (user) attribute 'ErrorDetails' must contain a non-empty value of type 'String'.",
    ],
    [
      'with an unknown type',
      'a',
      { MessageAttributes: { a: { DataType: 'Text', StringValue: 'x' } } },
      "The message attribute 'a' has an invalid message attribute type",
    ],
  ])('that are %s are refused', async (_what, body, more, message) => {
    const url = await make('jobs', { MaximumMessageSize: '1024' });
    expect(await failure(send(url, body, more))).toContain(message);
  });

  test('wait for their delay, and are invisible while somebody has them', async () => {
    const url = await make('jobs', { VisibilityTimeout: '5' });
    await send(url, 'late', { DelaySeconds: 10 });
    expect(await receive(url)).toEqual([]);
    passedMs += 10_000;
    const [message] = await receive(url);
    const held = { QueueUrl: url, ReceiptHandle: message?.ReceiptHandle };
    await call('ChangeMessageVisibility', { ...held, VisibilityTimeout: 60 });
    passedMs += 59_000;
    expect(await receive(url)).toEqual([]);
    await call('ChangeMessageVisibility', { ...held, VisibilityTimeout: 0 });
    expect(bodies(await receive(url))).toEqual(['late']);
  });

  test('go to the dead-letter queue after too many receives, and come back by a task', async () => {
    const dead = await make('dead');
    const redrive = { deadLetterTargetArn: arnOf('dead'), maxReceiveCount: '1' };
    const url = await make('jobs', { RedrivePolicy: JSON.stringify(redrive) });
    const sent = await send(url, 'poison');
    await receive(url, { VisibilityTimeout: 0 });
    expect(await receive(url)).toEqual([]);
    const [moved] = await receive(dead, { VisibilityTimeout: 0, AttributeNames: ['All'] });
    expect(moved).toMatchObject({
      MessageId: sent.MessageId,
      Attributes: { DeadLetterQueueSourceArn: arnOf('jobs') },
    });
    expect(await call('ListDeadLetterSourceQueues', { QueueUrl: dead })).toEqual({
      queueUrls: [url],
    });
    await call('StartMessageMoveTask', { SourceArn: arnOf('dead') });
    await expect
      .poll(() => call('ListMessageMoveTasks', { SourceArn: arnOf('dead') }), { timeout: 20_000 })
      .toMatchObject({ Results: [{ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 1 }] });
    const [back] = await receive(url);
    expect(back?.Body).toBe('poison');
    expect(back?.MessageId).not.toBe(sent.MessageId);
  });

  test('in batches are told apart: what was done and what was refused', async () => {
    const url = await make('jobs');
    const batch = await call<{ Successful: { Id: string }[]; Failed: object[] }>(
      'SendMessageBatch',
      {
        QueueUrl: url,
        Entries: [
          { Id: 'a', MessageBody: 'a' },
          { Id: 'b', MessageBody: '' },
          { Id: 'c', MessageBody: 'c' },
        ],
      },
    );
    expect(batch.Successful.map(({ Id }) => Id)).toEqual(['a', 'c']);
    expect(batch.Failed).toMatchObject([{ Id: 'b', Code: 'MissingParameter', SenderFault: true }]);
    const received = await receive(url);
    const Entries = [
      ...received.map(({ ReceiptHandle }, at) => ({ Id: `${at}`, ReceiptHandle })),
      { Id: 'bad', ReceiptHandle: 'nonsense' },
    ];
    expect(await call('DeleteMessageBatch', { QueueUrl: url, Entries })).toMatchObject({
      Successful: [{ Id: '0' }, { Id: '1' }],
      Failed: [{ Id: 'bad', Code: 'ReceiptHandleIsInvalid' }],
    });
    passedMs += 60_000;
    expect(await receive(url)).toEqual([]);
  });

  test.each([
    [[], 'EmptyBatchRequest'],
    [
      Array.from({ length: 20 }, (_, at) => ({ Id: `${at}` })),
      'Maximum number of entries per request are 10. You have sent 20.',
    ],
    [[{ Id: 'a' }, { Id: 'a' }], 'Id a repeated.'],
    [[{ Id: 'invalid:id' }], 'A batch entry id can only contain'],
  ])('in a wrong batch are refused together', async (Entries, message) => {
    const url = await make('jobs');
    expect(await failure(call('DeleteMessageBatch', { QueueUrl: url, Entries }))).toContain(
      message,
    );
  });

  test('past their retention are handed out to nobody', async () => {
    const url = await make('jobs', { MessageRetentionPeriod: '60' });
    await send(url, 'old');
    passedMs += 60_000;
    expect(await receive(url)).toEqual([]);
  });
});

describe('FIFO queues', () => {
  const fifo = { FifoQueue: 'true', ContentBasedDeduplication: 'true' };

  test('keep the order of a group, and give nothing of it while a part is out', async () => {
    const url = await make('jobs.fifo', fifo);
    for (const body of ['a1', 'a2', 'b1']) {
      await send(url, body, { MessageGroupId: body.charAt(0) });
    }
    const first = await receive(url, { MaxNumberOfMessages: 1, AttributeNames: ['All'] });
    expect(bodies(first)).toEqual(['a1']);
    expect(first[0]?.Attributes).toMatchObject({
      MessageGroupId: 'a',
      SequenceNumber: expect.stringMatching(/^\d{20}$/),
    });
    expect(bodies(await receive(url))).toEqual(['b1']);
    await call('DeleteMessage', { QueueUrl: url, ReceiptHandle: first[0]?.ReceiptHandle });
    expect(bodies(await receive(url))).toEqual(['a2']);
  });

  test('take a message once in five minutes, by its content or its id', async () => {
    const url = await make('jobs.fifo', fifo);
    const sent = await send(url, 'a', { MessageGroupId: 'g' });
    expect(await send(url, 'a', { MessageGroupId: 'h' })).toEqual(sent);
    await send(url, 'a', { MessageGroupId: 'g', MessageDeduplicationId: 'other' });
    expect(await receive(url)).toHaveLength(2);
  });

  test('can tell duplicates by group', async () => {
    const url = await make('jobs.fifo', { ...fifo, DeduplicationScope: 'messageGroup' });
    await send(url, 'a', { MessageGroupId: 'g' });
    await send(url, 'a', { MessageGroupId: 'h' });
    expect(await receive(url)).toHaveLength(2);
  });

  test('refuse what has no group, no deduplication id or a delay of its own', async () => {
    const url = await make('jobs.fifo', { FifoQueue: 'true' });
    expect(await failure(send(url, 'a'))).toBe(
      '400 MissingParameter: The request must contain the parameter MessageGroupId.',
    );
    expect(await failure(send(url, 'a', { MessageGroupId: 'g' }))).toContain(
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId',
    );
    const more = { MessageGroupId: 'g', MessageDeduplicationId: 'd', DelaySeconds: 2 };
    expect(await failure(send(url, 'a', more))).toContain(
      'Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.',
    );
  });

  test('refuse a handle whose time is over', async () => {
    const url = await make('jobs.fifo', fifo);
    await send(url, 'a', { MessageGroupId: 'g' });
    const [message] = await receive(url, { VisibilityTimeout: 1 });
    passedMs += 1_000;
    expect(await receive(url)).toHaveLength(1);
    const input = { QueueUrl: url, ReceiptHandle: message?.ReceiptHandle };
    expect(await failure(call('DeleteMessage', input))).toContain(
      'The receipt handle has expired.',
    );
  });
});
