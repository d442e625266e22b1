import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CallAs } from '../../core/call-as.ts';
import type { Operation, OperationContext } from '../../core/operation.ts';
import type { RoleSession } from '../../core/principal.ts';
import { systemClock } from '../../lib/clock.ts';
import { randomIds } from '../../lib/ids.ts';
import { silentLogger } from '../../lib/logger.ts';
import { openSqsService } from '../../services/sqs/service.ts';
import { openStore } from '../../store/open-store.ts';
import { openDurableQueue } from '../../store/queue/open-durable-queue.ts';
import type { BatchOutcome, BatchTarget, PollerSettings } from '../poller.ts';
import { pollerContract, until, type SourceUnderTest } from '../poller.testsuite.ts';
import { createRecordFilter } from '../record-filter.ts';
import { startSqsPoller } from './sqs-poller.ts';

const owner = { account: '000000000000', region: 'eu-west-1' } as const;
const session: RoleSession = {
  principal: {
    kind: 'role-session',
    account: owner.account,
    arn: 'arn:aws:sts::000000000000:assumed-role/r/f',
    userId: 'AROA:f',
    roleArn: 'arn:aws:iam::000000000000:role/r',
    sessionName: 'f',
  },
  credentials: { accessKeyId: '', secretAccessKey: '', sessionToken: '', expiresAtMs: 0 },
};

interface QueueUnderTest extends SourceUnderTest {
  send(more: object): Promise<void>;
  call(operation: string, input: object): Promise<Record<string, unknown>>;
  readonly calls: string[];
}

async function openQueue(name = 'q', attributes: object = {}): Promise<QueueUnderTest> {
  const stack = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(tmpdir(), 'hearth-poller-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const deps = { clock: systemClock, ids: randomIds, logger: silentLogger };
  const store = stack.use(await openStore({ path: path.join(folder, 'db'), logger: silentLogger }));
  const messages = stack.use(await openDurableQueue({ store, ...deps }));
  const sqs = stack.use(await openSqsService({ store, messages, ...deps }));
  const calls: string[] = [];
  const callAs: CallAs = async (caller, _service, operation, input) => {
    const context: OperationContext = {
      requestId: '',
      endpoint: '',
      ...caller,
      signal: caller.signal ?? new AbortController().signal,
    };
    calls.push(operation);
    const served = sqs.operations.get(operation) as unknown as Operation<object>;
    return await served.handle(input, context);
  };
  const call: QueueUnderTest['call'] = async (operation, input) => {
    const caller = { ...owner, principal: session.principal };
    return (await callAs(caller, 'sqs', operation, input)) as Record<string, unknown>;
  };
  await call('CreateQueue', { QueueName: name, Attributes: attributes });
  const QueueUrl = `/${owner.account}/${name}`;
  const place = (): string => messages.names().find((each) => each.includes(`:${name}/`)) ?? '';
  const send: QueueUnderTest['send'] = async (more) => {
    await call('SendMessage', { QueueUrl, ...more });
  };
  return {
    put: async (contents) => {
      for (const MessageBody of contents) await send({ MessageBody });
    },
    start: (target, settings) =>
      startSqsPoller(
        {
          callAs,
          roles: { isAssumableBy: async () => true, assume: async () => session },
          ...deps,
        },
        `arn:aws:sqs:${owner.region}:${owner.account}:${name}`,
        target,
        settings,
      ),
    left: () => {
      const { visible, inFlight, delayed } = messages.counts(place());
      return visible + inFlight + delayed;
    },
    giveBack: () => messages.reclaim(place()),
    read: (event) =>
      recordsOf(event).map(({ messageId, body }) => ({ id: messageId, content: body })),
    send,
    call,
    calls,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

interface EventRecord {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}

function recordsOf(event: Uint8Array): readonly EventRecord[] {
  const { Records: records } = JSON.parse(Buffer.from(event).toString()) as {
    readonly Records: readonly EventRecord[];
  };
  return records;
}

pollerContract('a queue', () => openQueue());

const settings: PollerSettings = {
  batchSize: 10,
  windowMs: 0,
  maximumConcurrency: undefined,
  filter: createRecordFilter([]),
  reportsItemFailures: false,
};
const fine: BatchOutcome = { kind: 'succeeded', answer: Buffer.from('null') };
const target = (
  invoke: (records: readonly EventRecord[]) => Promise<BatchOutcome>,
  isLooping: BatchTarget['isLooping'] = () => false,
): BatchTarget => ({
  role: () => ({ arn: 'arn:aws:iam::000000000000:role/r', sessionName: 'f' }),
  invoke: ({ event }) => invoke(recordsOf(event)),
  isLooping,
});
describe('a poller of a queue', () => {
  test('gives the function the records that AWS does', async () => {
    await using queue = await openQueue();
    const seen: unknown[] = [];
    await using _ = queue.start(
      target(async (records) => {
        seen.push(...records);
        return fine;
      }),
      settings,
    );
    await queue.send({
      MessageBody: 'hello',
      MessageAttributes: {
        text: { DataType: 'String', StringValue: 'a' },
        bytes: { DataType: 'Binary', BinaryValue: Buffer.from([0, 255]) },
      },
    });
    await until(() => queue.left() === 0);
    expect(seen).toEqual([
      {
        messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        receiptHandle: expect.any(String),
        body: 'hello',
        attributes: {
          ApproximateReceiveCount: '1',
          SentTimestamp: expect.stringMatching(/^\d{13}$/),
          SenderId: 'AROA:f',
          ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
        },
        messageAttributes: {
          text: {
            stringValue: 'a',
            stringListValues: [],
            binaryListValues: [],
            dataType: 'String',
          },
          bytes: {
            binaryValue: 'AP8=',
            stringListValues: [],
            binaryListValues: [],
            dataType: 'Binary',
          },
        },
        md5OfMessageAttributes: expect.stringMatching(/^[0-9a-f]{32}$/),
        md5OfBody: '5d41402abc4b2a76b9719d911017c592',
        eventSource: 'aws:sqs',
        eventSourceARN: 'arn:aws:sqs:eu-west-1:000000000000:q',
        awsRegion: 'eu-west-1',
      },
    ]);
  });

  test('keeps the order of each group of a FIFO queue, with one batch of it in flight', async () => {
    const fifo = { FifoQueue: 'true', ContentBasedDeduplication: 'true' };
    await using queue = await openQueue('q.fifo', fifo);
    const groups = ['a', 'b', 'c'];
    for (let at = 0; at < 20; at += 1) {
      for (const group of groups) {
        await queue.send({ MessageBody: `${group}${at}`, MessageGroupId: group });
      }
    }
    const seen: string[] = [];
    const inFlight = new Set<string>();
    let overlaps = 0;
    await using _ = queue.start(
      target(async (records) => {
        const own = new Set(records.map(({ attributes }) => attributes['MessageGroupId'] ?? ''));
        for (const group of own) overlaps += inFlight.has(group) ? 1 : 0;
        for (const group of own) inFlight.add(group);
        seen.push(...records.map(({ body }) => body));
        await new Promise((resolve) => setTimeout(resolve, 2));
        for (const group of own) inFlight.delete(group);
        return fine;
      }),
      { ...settings, batchSize: 3 },
    );
    await until(() => queue.left() === 0);
    expect(overlaps).toBe(0);
    for (const group of groups) {
      expect(seen.filter((body) => body.startsWith(group))).toEqual(
        Array.from({ length: 20 }, (_each, at) => `${group}${at}`),
      );
    }
  });

  test('leaves a poison message to the dead-letter queue, and it blocks no other', async () => {
    await using queue = await openQueue();
    await queue.call('CreateQueue', { QueueName: 'dead' });
    await queue.call('SetQueueAttributes', {
      QueueUrl: '/000000000000/q',
      Attributes: {
        VisibilityTimeout: '1',
        RedrivePolicy: JSON.stringify({
          deadLetterTargetArn: 'arn:aws:sqs:eu-west-1:000000000000:dead',
          maxReceiveCount: 2,
        }),
      },
    });
    let poisoned = 0;
    let done = 0;
    await using _ = queue.start(
      target(async ([record]) => {
        if (record?.body === 'poison') {
          poisoned += 1;
          return { kind: 'failed' };
        }
        done += 1;
        return fine;
      }),
      { ...settings, batchSize: 1 },
    );
    await queue.put(['poison', ...Array.from({ length: 40 }, (_each, n) => String(n))]);
    await until(() => queue.left() === 0);
    const { Messages: dead } = await queue.call('ReceiveMessage', {
      QueueUrl: '/000000000000/dead',
    });
    expect(dead).toMatchObject([{ Body: 'poison' }]);
    expect({ poisoned, done }).toEqual({ poisoned: 2, done: 40 });
  });

  test('does not give the function what is in a loop, and leaves it to the queue', async () => {
    await using queue = await openQueue();
    const seen: string[] = [];
    await using _ = queue.start(
      target(
        async (records) => {
          seen.push(...records.map(({ body }) => body));
          return fine;
        },
        (traceHeader) => traceHeader.includes('looping'),
      ),
      settings,
    );
    const header = { DataType: 'String', StringValue: 'looping' };
    await queue.send({
      MessageBody: 'loops',
      MessageSystemAttributes: { AWSTraceHeader: header },
    });
    await queue.put(['fine']);
    await until(() => seen.length > 0);
    await until(() => queue.left() === 1);
    expect(seen).toEqual(['fine']);
  });

  test('lets go of a batch that is refused for longer than it is invisible, and takes it anew', async () => {
    await using queue = await openQueue('q', { VisibilityTimeout: '2' });
    const receives: string[] = [];
    await using _ = queue.start(
      target(async ([record]) => {
        receives.push(record?.attributes['ApproximateReceiveCount'] ?? '');
        return receives.at(-1) === '2' ? fine : { kind: 'refused' };
      }),
      settings,
    );
    await queue.put(['a']);
    await until(() => queue.left() === 0);
    // Tried while it was invisible, and no longer.
    expect(new Set(receives.slice(0, -1))).toEqual(new Set(['1']));
    expect(receives.at(-1)).toBe('2');
  });

  test('goes on after a fault of its target', async () => {
    await using queue = await openQueue('q', { VisibilityTimeout: '1' });
    let tries = 0;
    await using _ = queue.start(
      target(async () => {
        tries += 1;
        if (tries === 1) throw new Error('a fault');
        return fine;
      }),
      settings,
    );
    await queue.put(['a']);
    await until(() => queue.left() === 0);
    expect(tries).toBe(2);
  });

  test('polls with five callers at first, and waits for messages with them', async () => {
    await using queue = await openQueue();
    await using _ = queue.start(
      target(async () => fine),
      settings,
    );
    await until(() => queue.calls.filter((each) => each === 'ReceiveMessage').length === 5);
  });

  test('tells why nothing is taken while the queue is not there, and goes on when it is again', async () => {
    await using queue = await openQueue();
    await queue.call('DeleteQueue', { QueueUrl: '/000000000000/q' });
    let done = 0;
    const startedAtMs = Date.now();
    await using poller = queue.start(
      target(async (records) => {
        done += records.length;
        return fine;
      }),
      settings,
    );
    await until(() => poller.trouble !== undefined);
    expect(poller.trouble?.reason).toBe('The specified queue does not exist.');
    expect(poller.trouble?.sinceMs).toBeGreaterThanOrEqual(startedAtMs);
    await queue.call('CreateQueue', { QueueName: 'q' }).catch(() => undefined);
    await expect
      .poll(
        () =>
          queue.put(['a']).then(
            () => true,
            () => false,
          ),
        { timeout: 90_000 },
      )
      .toBe(true);
    await until(() => done === 1);
    expect(poller.trouble).toBeUndefined();
  });

  test('tells that there is no function, as long as there is none', async () => {
    await using queue = await openQueue();
    await using poller = queue.start(
      { ...target(async () => fine), role: () => undefined },
      settings,
    );
    await until(() => poller.trouble !== undefined);
    expect(poller.trouble?.reason).toBe('There is no such function.');
    expect(queue.calls).not.toContain('ReceiveMessage');
  });
});
