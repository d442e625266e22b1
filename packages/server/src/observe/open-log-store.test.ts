import { mkdtemp, readdir, readFile, rm, writeFile, appendFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '../lib/clock.ts';
import { silentLogger } from '../lib/logger.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import type { LogEvent, LogPosition, LogQuery, LogStore } from './log-store/log-store.ts';
import { openLogStore } from './open-log-store.ts';

const owner = { account: '000000000000', region: 'eu-west-1' };
const group = { ...owner, group: '/aws/lambda/f' };
const a = { ...group, stream: 'a' };
const b = { ...group, stream: 'b' };
const startMs = 1_700_000_000_000;
const dayMs = 86_400_000;

describe('the log store', () => {
  let folder: string;
  let nowMs: number;
  let store: Store;
  let logs: LogStore;
  const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => 0 };

  const openLogs = (segmentBytes?: number): Promise<LogStore> =>
    openLogStore({
      store,
      folder: path.join(folder, 'logs'),
      clock,
      logger: silentLogger,
      ...(segmentBytes === undefined ? {} : { segmentBytes }),
    });
  const reopen = async (segmentBytes?: number): Promise<void> => {
    await logs.close();
    logs = await openLogs(segmentBytes);
  };

  beforeEach(async () => {
    nowMs = startMs;
    folder = await mkdtemp(path.join(tmpdir(), 'hearth-logs-'));
    store = await openStore({ path: path.join(folder, 'hearth.db'), logger: silentLogger });
    logs = await openLogs();
    await logs.createGroup(group, {});
    await logs.createStream(a);
    await logs.createStream(b);
  });
  afterEach(async () => {
    await logs.close();
    await store.close();
    await rm(folder, { recursive: true });
  });

  const at = (offsetMs: number, message: string): { timestampMs: number; message: string } => ({
    timestampMs: startMs + offsetMs,
    message,
  });
  const readAll = async (query: Partial<LogQuery> = {}): Promise<LogEvent[]> => {
    const events: LogEvent[] = [];
    let after: LogPosition | undefined;
    for (let pages = 0; pages < 10_000; pages += 1) {
      const page = await logs.query(group, {
        order: 'oldest-first',
        mostEvents: 10_000,
        ...query,
        ...(after === undefined ? {} : { after }),
      });
      events.push(...page.events);
      if (page.next === undefined) return events;
      expect(page.next).not.toEqual(after);
      after = page.next;
    }
    throw new Error('the pages never end');
  };
  const messages = async (query: Partial<LogQuery> = {}): Promise<string[]> =>
    (await readAll(query)).map((event) => event.message);
  const segmentFiles = async (): Promise<string[]> =>
    (await readdir(path.join(folder, 'logs', '1'))).filter((name) => name.endsWith('.log')).sort();

  test('gives events back by time, with stream and ingestion time', async () => {
    nowMs += 500;
    await logs.append(a, [at(1, 'one'), at(3, 'three')]);
    await logs.append(b, [at(2, 'two')]);
    expect(await readAll()).toMatchObject([
      { ...at(1, 'one'), stream: 'a', ingestedAtMs: startMs + 500 },
      { ...at(2, 'two'), stream: 'b' },
      { ...at(3, 'three'), stream: 'a' },
    ]);
  });

  test('keeps events of one millisecond in the order in which they came', async () => {
    for (const each of ['x', 'y', 'z']) await logs.append(a, [at(0, each)]);
    expect(await messages()).toEqual(['x', 'y', 'z']);
    expect(await messages({ order: 'newest-first' })).toEqual(['z', 'y', 'x']);
  });

  test('selects by stream, prefix, time and pattern', async () => {
    await logs.append(a, [at(1, 'ERROR a1'), at(2, 'a2')]);
    await logs.append(b, [at(1, 'ERROR b1'), at(2, 'b2'), at(3, 'ERROR b3')]);
    expect(await messages({ streams: ['a'] })).toEqual(['ERROR a1', 'a2']);
    expect(await messages({ streamPrefix: 'b' })).toEqual(['ERROR b1', 'b2', 'ERROR b3']);
    expect(await messages({ fromMs: startMs + 2 })).toEqual(['a2', 'b2', 'ERROR b3']);
    expect(await messages({ untilMs: startMs + 1 })).toEqual(['ERROR a1', 'ERROR b1']);
    expect(await messages({ pattern: 'ERROR', streamPrefix: 'b' })).toEqual([
      'ERROR b1',
      'ERROR b3',
    ]);
    await expect(logs.query(group, { ...page, pattern: 'a:b' })).rejects.toMatchObject({
      name: 'InvalidFilterPattern',
    });
    await expect(logs.query(group, { ...page, streams: ['c'] })).rejects.toMatchObject({
      name: 'LogStreamMissing',
    });
  });
  const page = { order: 'oldest-first', mostEvents: 10 } as const;

  test('has everything after closing and opening again', async () => {
    await logs.append(a, [at(1, 'before')]);
    await logs.setRetention(group, 3);
    await Promise.all([
      logs.changeTags(group, (tags) => ({ ...tags, team: 'x' })),
      logs.changeTags(group, (tags) => ({ ...tags, tier: 'y' })),
    ]);
    await reopen();
    await logs.append(a, [at(2, 'after')]);
    expect(await messages()).toEqual(['before', 'after']);
    expect(logs.findGroup(group)).toMatchObject({
      retentionDays: 3,
      tags: { team: 'x', tier: 'y' },
    });
    expect(await logs.listStreams(group)).toMatchObject([
      { name: 'a', extent: { leastMs: startMs + 1, mostMs: startMs + 2, events: 2 } },
      { name: 'b' },
    ]);
  });

  test('finds the same events with any size of page and segment, in both directions', async () => {
    await reopen(2_000);
    const event = fc.record({
      stream: fc.constantFrom('a', 'b'),
      times: fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 8 }),
    });
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(event), fc.integer({ min: 1, max: 7 }), async (batches, most) => {
        await Promise.all(
          batches.map(({ stream, times }) =>
            logs.append(
              { ...group, stream },
              times.sort((x, y) => x - y).map((time) => at(time, `event ${(count += 1)}`)),
            ),
          ),
        );
        const all = await messages();
        expect(all).toHaveLength(count);
        expect(new Set(all).size).toBe(count);
        expect(await messages({ mostEvents: most * 5 })).toEqual(all);
        const backwards = await messages({ mostEvents: most * 7, order: 'newest-first' });
        expect(backwards).toEqual(all.toReversed());
      }),
      { numRuns: 8 },
    );
    // However little was drawn above, these fill several segments.
    for (let batch = 0; batch < 40; batch += 1) {
      await logs.append({ ...group, stream: 'a' }, [at(51, `event ${(count += 1)} of a batch`)]);
      await logs.append({ ...group, stream: 'b' }, [at(51, 'x'.repeat(200))]);
      count += 1;
    }
    await reopen(2_000);
    expect(await messages()).toHaveLength(count);
    expect((await segmentFiles()).length).toBeGreaterThan(2);
  });

  test('a page ends at a megabyte, and a larger event is a page of its own', async () => {
    const large = 'x'.repeat(400_000);
    await logs.append(a, [at(0, large), at(1, large), at(2, large), at(3, 'y'.repeat(1_040_000))]);
    const first = await logs.query(group, { ...page });
    expect(first.events).toHaveLength(2);
    expect(await readAll()).toHaveLength(4);
  });

  test('cuts off a torn write and keeps what was before it', async () => {
    await logs.append(a, [at(1, 'whole')]);
    await logs.close();
    const file = path.join(folder, 'logs', '1', '00000001.log');
    const whole = await readFile(file);
    await appendFile(file, whole.subarray(0, whole.length - 3));
    logs = await openLogs();
    expect(await messages()).toEqual(['whole']);
    await logs.append(a, [at(2, 'next')]);
    await reopen();
    expect(await messages()).toEqual(['whole', 'next']);
    expect(logs.damagedRecords).toBe(0);
  });

  test('skips a damaged record, counts it, and finds those behind it', async () => {
    await logs.append(a, [at(1, 'first'), at(2, 'second'), at(3, 'third')]);
    await logs.close();
    const file = path.join(folder, 'logs', '1', '00000001.log');
    const bytes = await readFile(file);
    bytes[bytes.indexOf('second')] = 0x5f;
    await writeFile(file, bytes);
    logs = await openLogs();
    expect(await messages()).toEqual(['first', 'third']);
    expect(logs.damagedRecords).toBeGreaterThanOrEqual(1);
  });

  test('makes a lost or damaged index again', async () => {
    await reopen(200);
    for (let each = 0; each < 10; each += 1)
      await logs.append(a, [at(each, `event ${each} ${'.'.repeat(90)}`)]);
    const before = await messages();
    await logs.close();
    const index = (number: number): string =>
      path.join(folder, 'logs', '1', `0000000${number}.index`);
    await rm(index(1));
    await writeFile(index(2), '1\n[]');
    logs = await openLogs(200);
    expect(await messages()).toEqual(before);
    expect(await readFile(index(1), 'utf8')).toContain('"segment":1');
  });

  test('events expire with the retention, and their segments go', async () => {
    await reopen(100);
    await logs.append(a, [at(0, `old ${'.'.repeat(100)}`)]);
    nowMs += 2 * dayMs;
    await logs.append(a, [at(2 * dayMs, `new ${'.'.repeat(100)}`)]);
    await logs.setRetention(group, 1);
    expect(await messages()).toEqual([expect.stringMatching(/^new/)]);
    expect(await segmentFiles()).toHaveLength(2);
    await logs.sweep();
    expect(await segmentFiles()).toEqual(['00000002.log']);
    nowMs += 2 * dayMs;
    await logs.sweep();
    expect(await segmentFiles()).toEqual([]);
    await logs.append(a, [at(4 * dayMs, 'newest')]);
    await reopen();
    expect(await messages()).toEqual(['newest']);
  });

  test('a deleted stream takes its events along, also when its name is used again', async () => {
    await logs.append(a, [at(1, 'of a')]);
    await logs.append(b, [at(1, 'of b')]);
    await logs.deleteStream(a);
    expect(await messages()).toEqual(['of b']);
    await logs.createStream(a);
    expect(await messages({ streams: ['a'] })).toEqual([]);
    await expect(logs.deleteStream({ ...group, stream: 'c' })).rejects.toMatchObject({
      name: 'LogStreamMissing',
    });
  });

  test('a deleted group takes everything along', async () => {
    await logs.append(a, [at(1, 'gone')]);
    await logs.deleteGroup(group);
    expect(await readdir(path.join(folder, 'logs'))).toEqual([]);
    expect(logs.findGroup(group)).toBeUndefined();
    await expect(logs.append(a, [at(1, 'late')])).rejects.toMatchObject({
      name: 'LogGroupMissing',
    });
    await logs.createGroup(group, {});
    expect(await logs.listStreams(group)).toEqual([]);
  });

  test('a folder whose group is gone is removed by the next start', async () => {
    await logs.append(a, [at(1, 'orphan')]);
    await store.write([{ sql: 'DELETE FROM log_groups' }]);
    await reopen();
    expect(await readdir(path.join(folder, 'logs'))).toEqual([]);
  });

  test('names exist once, also when two callers create them at the same time', async () => {
    const key = { ...owner, group: 'new' };
    const groups = await Promise.allSettled([logs.createGroup(key, {}), logs.createGroup(key, {})]);
    expect(groups.map((each) => each.status).sort()).toEqual(['fulfilled', 'rejected']);
    const stream = { ...key, stream: 's' };
    const streams = await Promise.allSettled([
      logs.createStream(stream),
      logs.createStream(stream),
    ]);
    expect(streams.map((each) => each.status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(logs.createGroup(key, {})).rejects.toMatchObject({ name: 'LogGroupExists' });
    await expect(logs.createStream(stream)).rejects.toMatchObject({ name: 'LogStreamExists' });
  });

  test('who is told that a group or a stream exists finds it', async () => {
    const key = { ...owner, group: 'new' };
    const stream = { ...key, stream: 's' };
    const creating = logs.createGroup(key, {});
    await expect(logs.createGroup(key, {})).rejects.toMatchObject({ name: 'LogGroupExists' });
    const making = logs.createStream(stream);
    await expect(logs.createStream(stream)).rejects.toMatchObject({ name: 'LogStreamExists' });
    await logs.append(stream, [at(1, 'first')]);
    await Promise.all([creating, making]);
  });

  test('groups of other accounts and regions are others', async () => {
    const elsewhere = { ...group, region: 'us-east-1' };
    await logs.createGroup(elsewhere, {});
    await logs.deleteGroup(group);
    expect(logs.findGroup(elsewhere)).toBeDefined();
    expect(logs.listGroups(owner)).toEqual([]);
  });

  test('closing finishes what is being appended', async () => {
    const appending = Array.from({ length: 20 }, (_, each) =>
      logs.append(a, [at(each, `${each}`)]),
    );
    await logs.close();
    await Promise.all(appending);
    await expect(logs.append(a, [at(0, 'late')])).rejects.toThrow('The log store is closed.');
    logs = await openLogs();
    expect(await messages()).toHaveLength(20);
  });
});
