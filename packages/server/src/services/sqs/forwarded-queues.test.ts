import { beforeEach, expect, test } from 'vitest';
import { openMemoryStore } from '../../../../testkit/src/memory-store.ts';
import type { Operation } from '../../core/operation.ts';
import { createContext } from '../../iam/fixtures/create-context.ts';
import { systemClock } from '../../lib/clock.ts';
import { randomIds } from '../../lib/ids.ts';
import { silentLogger } from '../../lib/logger.ts';
import { openDurableQueue } from '../../store/queue/open-durable-queue.ts';
import { createForwardedQueues } from './forwarded-queues.ts';
import type { SqsService } from './service.ts';

const context = createContext();

let sent: (readonly [operation: string, input: object])[];
let answer: (signal: AbortSignal) => Promise<Record<string, unknown>>;
let service: SqsService;
beforeEach(async () => {
  sent = [];
  answer = async () => ({});
  const deps = {
    store: openMemoryStore(),
    clock: systemClock,
    ids: randomIds,
    logger: silentLogger,
  };
  service = createForwardedQueues(
    { ...deps, messages: await openDurableQueue(deps) },
    {
      url: 'https://sqs.example.com/base',
      send: (operation, input, { signal }, own = signal) => {
        sent.push([operation, input]);
        return answer(own);
      },
    },
  );
});
const operationOf = (name: string) => service.operations.get(name) as Operation<object>;
const call = (name: string, input: object) => operationOf(name).handle(input, context);

test.each(['http://127.0.0.1:4566/123456789012/jobs', '/123456789012/jobs'])(
  'the address %s becomes that of the upstream, and back',
  async (QueueUrl) => {
    answer = async () => ({
      QueueUrl: 'https://sqs.example.com/base/123456789012/jobs',
      QueueUrls: ['https://sqs.example.com/base/123456789012/jobs'],
      queueUrls: ['https://sqs.example.com/base/123456789012/jobs'],
    });
    const here = 'http://127.0.0.1:4566/123456789012/jobs';
    expect(await call('SendMessage', { QueueUrl, MessageBody: 'a' })).toEqual({
      QueueUrl: here,
      QueueUrls: [here],
      queueUrls: [here],
    });
    const there = 'https://sqs.example.com/base/123456789012/jobs';
    expect(sent).toEqual([['SendMessage', { QueueUrl: there, MessageBody: 'a' }]]);
  },
);

test('an address that names no queue is refused and not sent', async () => {
  const receive = call('ReceiveMessage', { QueueUrl: 'http://169.254.169.254/latest' });
  await expect(receive).rejects.toMatchObject({ code: 'InvalidAddress' });
  expect(sent).toEqual([]);
});

test('what a caller needs is what it needs here, on a queue that is its own', () => {
  const input = { QueueUrl: '/123456789012/jobs', MessageBody: 'a' };
  expect(operationOf('SendMessage').permissions(input, context)).toEqual([
    {
      action: 'sqs:SendMessage',
      resources: ['arn:aws:sqs:eu-west-1:123456789012:jobs'],
      resourceAccount: '000000000000',
      conditions: {},
    },
  ]);
});

test('when waits end, who waits for a message has none, and others go on', async () => {
  const untilTold = (signal: AbortSignal): Promise<never> =>
    new Promise((_, reject) => {
      if (signal.aborted) reject(new Error('aborted'));
      signal.addEventListener('abort', () => reject(new Error('aborted')));
    });
  answer = untilTold;
  const waiting = call('ReceiveMessage', { QueueUrl: '/123456789012/jobs' });
  service.endWaits();
  expect(await waiting).toEqual({});
  expect(await call('ReceiveMessage', { QueueUrl: '/123456789012/jobs' })).toEqual({});
  answer = async (signal) => ({ isEnded: signal.aborted });
  const send = call('SendMessage', { QueueUrl: '/123456789012/jobs', MessageBody: 'a' });
  expect(await send).toMatchObject({ isEnded: false });
});
