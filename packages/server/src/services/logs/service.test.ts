import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type {
  DescribeLogGroupsResponse,
  DescribeLogStreamsResponse,
  FilterLogEventsResponse,
  GetLogEventsResponse,
  PutLogEventsResponse,
} from '@aws-sdk/client-cloudwatch-logs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Operation, Permission, Service } from '../../core/operation.ts';
import { createContext } from '../../iam/fixtures/create-context.ts';
import type { Clock } from '../../lib/clock.ts';
import { silentLogger } from '../../lib/logger.ts';
import { openLogStore } from '../../observe/open-log-store.ts';
import type { LogStore } from '../../observe/log-store/log-store.ts';
import { openStore } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { createLogsService } from './service.ts';

const context = createContext({
  principal: { kind: 'service', service: 'lambda.amazonaws.com' },
});
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const group = { logGroupName: '/aws/lambda/f' };
const stream = { ...group, logStreamName: '2026/11/24/[$LATEST]0123' };
const arn = 'arn:aws:logs:eu-west-1:000000000000:log-group:/aws/lambda/f';

let folder: string;
let nowMs: number;
let store: Store;
let logs: LogStore;
let service: Service;
const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => 0 };

async function open(): Promise<void> {
  store = await openStore({ path: path.join(folder, 'hearth.db'), logger: silentLogger });
  logs = await openLogStore({
    store,
    folder: path.join(folder, 'logs'),
    clock,
    logger: silentLogger,
  });
  service = createLogsService({ logs, clock });
}
async function close(): Promise<void> {
  await logs.close();
  await store.close();
}
beforeEach(async () => {
  nowMs = Date.UTC(2026, 10, 24);
  folder = await mkdtemp(path.join(tmpdir(), 'hearth-logs-'));
  await open();
});
afterEach(async () => {
  await close();
  await rm(folder, { recursive: true });
});

function operation(name: string): Operation<object> {
  return service.operations.get(name) as Operation<object>;
}
async function call<Output = object>(name: string, input: object): Promise<Output> {
  return (await operation(name).handle(input, context)) as Output;
}
async function makeStream(name = stream.logStreamName): Promise<void> {
  await call('CreateLogGroup', group).catch(() => {});
  await call('CreateLogStream', { ...group, logStreamName: name });
}
const put = (messages: readonly string[], to: object = stream): Promise<PutLogEventsResponse> => {
  const logEvents = messages.map((message, at) => ({ timestamp: nowMs + at, message }));
  nowMs += messages.length;
  return call('PutLogEvents', { ...to, logEvents });
};
const get = (input: object = {}): Promise<GetLogEventsResponse> =>
  call('GetLogEvents', { ...stream, ...input });
const filter = (input: object = {}): Promise<FilterLogEventsResponse> =>
  call('FilterLogEvents', { ...group, ...input });
const messagesOf = (page: GetLogEventsResponse | FilterLogEventsResponse): unknown[] =>
  page.events!.map((event) => event.message);

const groupMissing = {
  name: 'ResourceNotFoundException',
  status: 400,
  message: 'The specified log group does not exist.',
};
const streamMissing = { ...groupMissing, message: 'The specified log stream does not exist.' };
const invalid = (message: string | RegExp): object => ({
  name: 'InvalidParameterException',
  message: typeof message === 'string' ? message : expect.stringMatching(message),
});

describe('log groups', () => {
  test('are created once, described, and deleted with everything in them', async () => {
    await call('CreateLogGroup', { ...group, tags: { team: 'x' } });
    await expect(call('CreateLogGroup', group)).rejects.toMatchObject({
      name: 'ResourceAlreadyExistsException',
      message: 'The specified log group already exists',
    });
    const { logGroups } = await call<DescribeLogGroupsResponse>('DescribeLogGroups', {});
    expect(logGroups).toEqual([
      {
        logGroupName: '/aws/lambda/f',
        creationTime: nowMs,
        metricFilterCount: 0,
        arn: `${arn}:*`,
        storedBytes: 0,
        logGroupClass: 'STANDARD',
        logGroupArn: arn,
        deletionProtectionEnabled: false,
      },
    ]);
    await call('DeleteLogGroup', group);
    await expect(call('DeleteLogGroup', group)).rejects.toMatchObject(groupMissing);
    expect(await call('DescribeLogGroups', {})).toEqual({ logGroups: [] });
  });

  test('with settings that would have no effect here are refused', async () => {
    for (const setting of [
      { kmsKeyId: 'arn:aws:kms:eu-west-1:000000000000:key/1' },
      { logGroupClass: 'INFREQUENT_ACCESS' },
      { deletionProtectionEnabled: true },
    ]) {
      const creating = call('CreateLogGroup', { ...group, ...setting });
      await expect(creating).rejects.toMatchObject(invalid(/^Hearth does not support/));
    }
    await expect(call('CreateLogGroup', { logGroupName: 'aws/x' })).rejects.toMatchObject(
      invalid('Log groups starting with AWS/ are reserved for AWS.'),
    );
    expect(await call('DescribeLogGroups', {})).toEqual({ logGroups: [] });
  });

  test('are described by prefix or pattern, page by page, in order', async () => {
    for (const name of ['b/2', 'a', 'b/1', 'b/3', 'c/b']) {
      await call('CreateLogGroup', { logGroupName: name });
    }
    const names = async (input: object): Promise<unknown[]> => {
      const page = await call<DescribeLogGroupsResponse>('DescribeLogGroups', input);
      const rest = page.nextToken ? await names({ ...input, nextToken: page.nextToken }) : [];
      return [page.logGroups!.map((each) => each.logGroupName), ...rest];
    };
    expect(await names({ limit: 2 })).toEqual([['a', 'b/1'], ['b/2', 'b/3'], ['c/b']]);
    expect(await names({ logGroupNamePrefix: 'b/' })).toEqual([['b/1', 'b/2', 'b/3']]);
    expect(await names({ logGroupNamePattern: '/b' })).toEqual([['c/b']]);
    expect(await names({ logGroupClass: 'DELIVERY' })).toEqual([[]]);
    await expect(names({ nextToken: 'nonsense' })).rejects.toMatchObject(
      invalid('The specified nextToken is invalid.'),
    );
    await expect(
      names({ logGroupNamePrefix: 'a', logGroupNamePattern: 'a' }),
    ).rejects.toMatchObject(invalid(/mutually exclusive/));
  });

  test('have a retention of the days that AWS allows', async () => {
    await call('CreateLogGroup', group);
    await call('PutRetentionPolicy', { ...group, retentionInDays: 7 });
    const described = async (): Promise<unknown> =>
      (await call<DescribeLogGroupsResponse>('DescribeLogGroups', {})).logGroups![0]!
        .retentionInDays;
    expect(await described()).toBe(7);
    await expect(
      call('PutRetentionPolicy', { ...group, retentionInDays: 2 }),
    ).rejects.toMatchObject(invalid(/'2' at 'retentionInDays' .* enum value set: \[1, 3, 5/));
    await call('DeleteRetentionPolicy', group);
    expect(await described()).toBeUndefined();
    await expect(
      call('PutRetentionPolicy', { logGroupName: 'none', retentionInDays: 7 }),
    ).rejects.toMatchObject(groupMissing);
  });

  test('have tags, changed in the old way and in the new', async () => {
    await call('CreateLogGroup', { ...group, tags: { a: '1' } });
    await call('TagLogGroup', { ...group, tags: { b: '2' } });
    await call('TagResource', { resourceArn: arn, tags: { a: '3', c: '4' } });
    const tags = { a: '3', b: '2', c: '4' };
    expect(await call('ListTagsLogGroup', group)).toEqual({ tags });
    expect(await call('ListTagsForResource', { resourceArn: `${arn}:*` })).toEqual({ tags });
    await call('UntagResource', { resourceArn: arn, tagKeys: ['a', 'none'] });
    await call('UntagLogGroup', { ...group, tags: ['b'] });
    expect(await call('ListTagsForResource', { resourceArn: arn })).toEqual({ tags: { c: '4' } });
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`k${at}`, '']));
    await expect(call('TagResource', { resourceArn: arn, tags: many })).rejects.toMatchObject({
      name: 'TooManyTagsException',
      members: { resourceName: arn },
    });
    await expect(
      call('ListTagsForResource', { resourceArn: arn.replace('eu-west-1', 'us-east-1') }),
    ).rejects.toMatchObject(groupMissing);
    await expect(call('ListTagsLogGroup', { logGroupName: 'x' })).rejects.toMatchObject(
      groupMissing,
    );
  });
});

describe('log streams', () => {
  test('are created once in a group that exists, and deleted', async () => {
    await expect(call('CreateLogStream', stream)).rejects.toMatchObject(groupMissing);
    await makeStream();
    await expect(call('CreateLogStream', stream)).rejects.toMatchObject({
      name: 'ResourceAlreadyExistsException',
      message: 'The specified log stream already exists',
    });
    await call('DeleteLogStream', stream);
    await expect(call('DeleteLogStream', stream)).rejects.toMatchObject(streamMissing);
  });

  test('are described by name or by last event, in both directions, page by page', async () => {
    for (const name of ['b', 'a', 'c']) await makeStream(name);
    await put(['one'], { ...group, logStreamName: 'c' });
    await put(['two'], { ...group, logStreamName: 'b' });
    const names = async (input: object): Promise<unknown[]> => {
      const page = await call<DescribeLogStreamsResponse>('DescribeLogStreams', {
        ...group,
        ...input,
      });
      const rest = page.nextToken ? await names({ ...input, nextToken: page.nextToken }) : [];
      return [...page.logStreams!.map((each) => each.logStreamName), ...rest];
    };
    expect(await names({ limit: 1 })).toEqual(['a', 'b', 'c']);
    expect(await names({ limit: 1, descending: true })).toEqual(['c', 'b', 'a']);
    expect(await names({ limit: 1, orderBy: 'LastEventTime' })).toEqual(['a', 'c', 'b']);
    expect(await names({ orderBy: 'LastEventTime', descending: true })).toEqual(['b', 'c', 'a']);
    expect(await names({ logStreamNamePrefix: 'b' })).toEqual(['b']);
    expect(await names({ logGroupName: undefined, logGroupIdentifier: arn })).toHaveLength(3);
    await expect(
      names({ orderBy: 'LastEventTime', logStreamNamePrefix: 'b' }),
    ).rejects.toMatchObject(invalid('Cannot order by LastEventTime with a logStreamNamePrefix.'));
    const page = await call<DescribeLogStreamsResponse>('DescribeLogStreams', group);
    expect(page.logStreams![1]).toEqual({
      logStreamName: 'b',
      creationTime: nowMs - 2,
      firstEventTimestamp: nowMs - 1,
      lastEventTimestamp: nowMs - 1,
      lastIngestionTime: nowMs,
      uploadSequenceToken: expect.stringMatching(/^\d{56}$/),
      arn: `${arn}:log-stream:b`,
      storedBytes: 0,
    });
  });
});

describe('PutLogEvents', () => {
  const putEvents = (...events: [number, string][]): Promise<PutLogEventsResponse> =>
    call('PutLogEvents', {
      ...stream,
      logEvents: events.map(([timestamp, message]) => ({ timestamp, message })),
    });

  test('needs a group and a stream', async () => {
    await expect(put(['x'])).rejects.toMatchObject(groupMissing);
    await call('CreateLogGroup', group);
    await expect(put(['x'])).rejects.toMatchObject(streamMissing);
    const old = [nowMs - 20 * dayMs, 'x'] as [number, string];
    await expect(putEvents(old)).rejects.toMatchObject(streamMissing);
  });

  test('refuses what AWS refuses as a whole', async () => {
    await makeStream();
    await expect(putEvents([nowMs, 'a'], [nowMs - 1, 'b'])).rejects.toMatchObject(
      invalid('Log events in a single PutLogEvents request must be in chronological order.'),
    );
    await expect(putEvents([nowMs - 2 * dayMs, 'a'], [nowMs, 'b'])).rejects.toMatchObject(
      invalid(/cannot span more than 24 hours/),
    );
    const half = 'x'.repeat(524_288 - 26);
    await putEvents([nowMs, half], [nowMs, half]);
    await expect(putEvents([nowMs, half], [nowMs, `${half}x`])).rejects.toMatchObject(
      invalid('Upload too large: 1048577 bytes exceeds limit of 1048576'),
    );
    await expect(putEvents([nowMs, `${half}${half}${'é'.repeat(14)}`])).rejects.toMatchObject(
      invalid(/^Log event too large: \d+ bytes exceeds limit of 1048576$/),
    );
    expect((await get()).events).toHaveLength(2);
  });

  test('leaves out what is too old, too new or expired, and says which', async () => {
    await makeStream();
    const old = nowMs - 14 * dayMs;
    expect(await putEvents([old - 2, 'a'], [old - 1, 'b'], [old, 'c'])).toMatchObject({
      rejectedLogEventsInfo: { tooOldLogEventEndIndex: 2 },
    });
    const late = nowMs + 2 * hourMs;
    expect(await putEvents([late, 'd'], [late + 1, 'e'])).toMatchObject({
      rejectedLogEventsInfo: { tooNewLogEventStartIndex: 1 },
    });
    expect(messagesOf(await get())).toEqual(['c', 'd']);
    await call('PutRetentionPolicy', { ...group, retentionInDays: 1 });
    const expired = nowMs - dayMs - 1;
    expect(await putEvents([expired, 'f'], [nowMs - dayMs, 'g'])).toEqual({
      nextSequenceToken: expect.any(String),
      rejectedLogEventsInfo: { expiredLogEventEndIndex: 1 },
    });
    expect(messagesOf(await get())).toEqual(['g', 'd']);
  });
});

describe('GetLogEvents', () => {
  beforeEach(() => makeStream());

  test('gives the newest page first, or the oldest, and pages in both directions', async () => {
    await put(['1', '2', '3', '4', '5']);
    const newest = await get({ limit: 2 });
    expect(messagesOf(newest)).toEqual(['4', '5']);
    const before = await get({ limit: 2, nextToken: newest.nextBackwardToken });
    expect(messagesOf(before)).toEqual(['2', '3']);
    const again = await get({ limit: 2, nextToken: before.nextForwardToken });
    expect(messagesOf(again)).toEqual(['4', '5']);
    const oldest = await get({ limit: 2, startFromHead: true });
    expect(messagesOf(oldest)).toEqual(['1', '2']);
    expect(messagesOf(await get({ limit: 9, nextToken: oldest.nextForwardToken }))).toEqual([
      '3',
      '4',
      '5',
    ]);
  });

  test('answers the same token at an end, which finds what arrives later', async () => {
    const empty = await get({ startFromHead: true });
    expect(empty.events).toEqual([]);
    expect((await get({ nextToken: empty.nextForwardToken })).nextForwardToken).toBe(
      empty.nextForwardToken,
    );
    await put(['1']);
    const first = await get({ nextToken: empty.nextForwardToken });
    expect(messagesOf(first)).toEqual(['1']);
    const end = await get({ nextToken: first.nextForwardToken });
    expect(end).toMatchObject({ events: [], nextForwardToken: first.nextForwardToken });
    expect(messagesOf(await get({ nextToken: end.nextBackwardToken }))).toEqual(['1']);
    await put(['2']);
    expect(messagesOf(await get({ nextToken: end.nextForwardToken }))).toEqual(['2']);
    const start = await get({ nextToken: first.nextBackwardToken });
    expect(start).toMatchObject({ events: [], nextBackwardToken: first.nextBackwardToken });
  });

  test('gives time stamps and bounds by them, the end excluded', async () => {
    const startMs = nowMs;
    await put(['1', '2', '3']);
    const page = await get({ startTime: startMs + 1, endTime: startMs + 2 });
    expect(page.events).toEqual([
      { timestamp: startMs + 1, message: '2', ingestionTime: startMs + 3 },
    ]);
  });

  test('refuses a token that it never gave, and unknown names', async () => {
    await expect(get({ nextToken: 'f/1/s' })).rejects.toMatchObject(
      invalid('The specified nextToken is invalid.'),
    );
    await expect(get({ logStreamName: 'none' })).rejects.toMatchObject(streamMissing);
    await expect(get({ logGroupName: 'none' })).rejects.toMatchObject(groupMissing);
    await expect(get({ logGroupIdentifier: arn })).rejects.toMatchObject(invalid(/Exactly one/));
  });
});

describe('FilterLogEvents', () => {
  const a = { ...group, logStreamName: 'a' };
  const b = { ...group, logStreamName: 'b' };
  beforeEach(async () => {
    await makeStream('a');
    await makeStream('b');
    await put(['ERROR 1'], a);
    await put(['INFO 2', 'ERROR 3'], b);
    await put(['ERROR 4'], a);
  });

  test('interleaves the streams by time and names each event', async () => {
    const page = await filter();
    expect(messagesOf(page)).toEqual(['ERROR 1', 'INFO 2', 'ERROR 3', 'ERROR 4']);
    expect(page.events![0]).toEqual({
      logStreamName: 'a',
      timestamp: nowMs - 4,
      message: 'ERROR 1',
      ingestionTime: nowMs - 3,
      eventId: expect.stringMatching(/^\d{56}$/),
    });
    const ids = page.events!.map((event) => event.eventId);
    expect(ids).toEqual([...new Set(ids)].sort((x, y) => (x! < y! ? -1 : 1)));
    expect(page.searchedLogStreams).toEqual([]);
    expect(page.nextToken).toBeUndefined();
  });

  test('selects by pattern, streams, prefix and time, the end included', async () => {
    expect(messagesOf(await filter({ filterPattern: 'ERROR' }))).toHaveLength(3);
    expect(messagesOf(await filter({ logStreamNames: ['a'] }))).toEqual(['ERROR 1', 'ERROR 4']);
    expect(messagesOf(await filter({ logStreamNamePrefix: 'b' }))).toHaveLength(2);
    expect(messagesOf(await filter({ startTime: nowMs - 3, endTime: nowMs - 2 }))).toEqual([
      'INFO 2',
      'ERROR 3',
    ]);
    await expect(filter({ filterPattern: 'a:b' })).rejects.toMatchObject(
      invalid("Invalid character(s) in term ':'"),
    );
    await expect(filter({ logStreamNames: ['a', 'c'] })).rejects.toMatchObject(streamMissing);
    await expect(filter({ logStreamNames: ['a'], logStreamNamePrefix: 'b' })).rejects.toMatchObject(
      invalid(/mutually exclusive/),
    );
  });

  test('pages in both directions without losing or repeating an event', async () => {
    const all = async (input: object): Promise<unknown[]> => {
      const page = await filter(input);
      const rest = page.nextToken ? await all({ ...input, nextToken: page.nextToken }) : [];
      return [...messagesOf(page), ...rest];
    };
    expect(await all({ limit: 1, filterPattern: 'ERROR' })).toEqual([
      'ERROR 1',
      'ERROR 3',
      'ERROR 4',
    ]);
    const backwards = { limit: 3, startFromHead: false, startTime: nowMs - 100 };
    expect(await all(backwards)).toEqual(['ERROR 4', 'ERROR 3', 'INFO 2', 'ERROR 1']);
    await expect(filter({ startFromHead: false })).rejects.toMatchObject(invalid(/startFromHead/));
  });

  test('finds everything again after a restart', async () => {
    await close();
    await open();
    await put(['ERROR 5'], a);
    expect(messagesOf(await filter({ filterPattern: 'ERROR' }))).toEqual([
      'ERROR 1',
      'ERROR 3',
      'ERROR 4',
      'ERROR 5',
    ]);
  });
});

describe('permissions', () => {
  const needed = (name: string, input: object): readonly Permission[] =>
    operation(name).permissions(input, context);

  test.each([
    ['CreateLogGroup', `${arn}:log-stream:`],
    ['DescribeLogStreams', `${arn}:log-stream:`],
    ['FilterLogEvents', `${arn}:log-stream:`],
    ['PutRetentionPolicy', `${arn}:log-stream:`],
    ['CreateLogStream', `${arn}:log-stream:${stream.logStreamName}`],
    ['PutLogEvents', `${arn}:log-stream:${stream.logStreamName}`],
    ['GetLogEvents', `${arn}:log-stream:${stream.logStreamName}`],
  ])('%s needs its action on %s', (name, resource) => {
    expect(needed(name, stream)).toEqual([{ action: `logs:${name}`, resources: [resource] }]);
  });

  test('are for the group of an ARN as for its name, and for tags without the star', () => {
    expect(needed('FilterLogEvents', { logGroupIdentifier: arn })).toEqual(
      needed('FilterLogEvents', group),
    );
    expect(needed('TagResource', { resourceArn: `${arn}:*` })).toEqual([
      { action: 'logs:TagResource', resources: [arn] },
    ]);
    // The ARN of the group that is acted on, however the caller wrote it.
    expect(needed('TagResource', { resourceArn: arn.replace('aws', 'aws-cn') })).toEqual([
      { action: 'logs:TagResource', resources: [arn] },
    ]);
    expect(needed('DescribeLogGroups', {})[0]?.resources).toEqual([
      'arn:aws:logs:eu-west-1:000000000000:log-group::log-stream:',
    ]);
    expect(needed('CreateLogGroup', { ...group, tags: {} }).map((each) => each.action)).toEqual([
      'logs:CreateLogGroup',
      'logs:TagResource',
    ]);
  });
});
