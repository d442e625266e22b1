import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { Clock } from '../../lib/clock.ts';
import { randomIds } from '../../lib/ids.ts';
import { silentLogger } from '../../lib/logger.ts';
import { openStore } from '../open-store.ts';
import type { SqlValue, Store } from '../store.ts';
import type { DurableQueue } from './durable-queue.ts';
import { describeDurableQueue, type QueueFixture } from './durable-queue.testsuite.ts';
import { openDurableQueue } from './open-durable-queue.ts';

describeDurableQueue('the embedded queue', () => startFixture());

interface Fixture extends QueueFixture {
  readonly store: Store;
  stepWallClock(ms: number): void;
}

interface FixtureOptions {
  readonly monotonicMs?: () => number;
  readonly hasJournal?: boolean;
}

async function startFixture(options: FixtureOptions = {}): Promise<Fixture> {
  const { monotonicMs = () => 0, hasJournal = true } = options;
  const folder = await mkdtemp(path.join(tmpdir(), 'hearth-queue-'));
  const file = path.join(folder, 'queue.sqlite');
  let passedMs = 0;
  let wallMs = 1_790_000_000_000;
  const clock: Clock = {
    nowMs: () => wallMs + passedMs,
    monotonicMs: () => monotonicMs() + passedMs,
  };
  const open = async (): Promise<{ store: Store; queue: DurableQueue }> => {
    const store = await openStore({ path: file, logger: silentLogger, hasJournal });
    const queue = await openDurableQueue({
      store,
      clock,
      ids: randomIds,
      logger: silentLogger,
      mostVisible: 600,
    });
    return { store, queue };
  };
  let opened = await open();
  return {
    get store() {
      return opened.store;
    },
    get queue() {
      return opened.queue;
    },
    stepWallClock: (ms) => {
      wallMs += ms;
    },
    advance: (ms) => {
      passedMs += ms;
    },
    reopen: async () => {
      await opened.queue.close();
      await opened.store.close();
      opened = await open();
    },
    damage: async (sequence, part) => {
      const sql =
        part === 'content'
          ? `UPDATE queue_entries SET body = CAST('Content' AS BLOB) WHERE sequence = ?`
          : 'UPDATE queue_entries SET receive_count = receive_count + 1 WHERE sequence = ?';
      await opened.store.write([{ sql, params: [sequence], expectChanges: 1 }]);
    },
    end: async () => {
      await opened.queue.close();
      await opened.store.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** A store that counts the rows which reads bring into this thread. */
function countingRows(store: Store): Store & { rows: number } {
  const counting = {
    ...store,
    rows: 0,
    read: async <Row extends object>(sql: string, params?: readonly SqlValue[]) => {
      const rows = await store.read<Row>(sql, params);
      counting.rows += rows.length;
      return rows;
    },
  };
  return counting;
}

describe('what waits', () => {
  test('costs a start and the other queues none of its rows', async () => {
    const fixture = await startFixture();
    const entries = (count: number) =>
      Array.from({ length: count }, (_, each) => ({ id: `${each}`, body: Buffer.from('a') }));
    for (let sent = 0; sent < 10_000; sent += 1_000) {
      await fixture.queue.send('backlog', entries(1_000));
      await fixture.queue.send('other', entries(1));
    }
    const store = countingRows(fixture.store);
    const clock = { nowMs: () => 1_790_000_000_000, monotonicMs: () => 0 };
    const queue = await openDurableQueue({ store, clock, ids: randomIds, logger: silentLogger });
    await queue.loaded;
    expect(queue.counts('backlog').visible).toBe(10_000);
    // A row for each thousand of a queue.
    expect(store.rows).toBeLessThan(100);
    store.rows = 0;
    const received = await queue.receive('other', { most: 10, visibilityMs: 1_000 });
    expect(received).toHaveLength(10);
    // Those ten with their state, and the content of ten.
    expect(store.rows).toBeLessThanOrEqual(20);
    await queue.close();
    await fixture.end();
  });

  test('is looked up by its number: no query walks the table', async () => {
    const fixture = await startFixture();
    const read: string[] = [];
    const store: Store = {
      ...fixture.store,
      read: (sql, params) => {
        read.push(sql);
        return fixture.store.read(sql, params);
      },
    };
    await fixture.queue.send('q', [{ id: 'a', body: Buffer.from('a') }]);
    const clock = { nowMs: () => 1_790_000_000_000, monotonicMs: () => 0 };
    const queue = await openDurableQueue({ store, clock, ids: randomIds, logger: silentLogger });
    await queue.loaded;
    read.length = 0;
    await queue.receive('q', { most: 1, visibilityMs: 1_000 });
    expect(read).toHaveLength(2);
    for (const sql of read) {
      const plan = await fixture.store.read<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`);
      const ofEntries = plan.filter(({ detail }) => detail.includes('queue_entries'));
      expect(ofEntries.map(({ detail }) => detail)).toEqual([
        'SEARCH queue_entries USING INTEGER PRIMARY KEY (rowid=?)',
      ]);
    }
    await queue.close();
    await fixture.end();
  });
});

describe('the embedded queue', () => {
  test('looks through what waits again where it could not be read at first', async () => {
    const fixture = await startFixture();
    await fixture.queue.send('q', [{ id: 'a', body: Buffer.from('a') }]);
    let failing = 3;
    const store: Store = {
      ...fixture.store,
      read: async (sql, params) => {
        if (sql.includes('min(sequence)') && (failing -= 1) >= 0)
          throw new Error('The disk is full.');
        return await fixture.store.read(sql, params);
      },
    };
    const clock = { nowMs: () => 1_790_000_000_000, monotonicMs: () => 0 };
    const queue = await openDurableQueue({ store, clock, ids: randomIds, logger: silentLogger });
    await vi.waitUntil(() => failing < 2);
    await expect(queue.receiptState('q', '1-a')).rejects.toThrow('The disk is full.');
    await queue.loaded;
    const received = await queue.receive('q', { most: 1, visibilityMs: 1_000 });
    expect(received).toMatchObject([{ id: 'a' }]);
    await queue.close();
    await fixture.end();
  });

  test('tells the sender when there is no room, keeps nothing and goes on when there is', async () => {
    const fixture = await startFixture({ hasJournal: false });
    const entry = (bytes: number) => [{ id: `${bytes}`, body: Buffer.alloc(bytes) }];
    // Limits the database as a full disk would.
    await fixture.store.migrate('limit', [{ id: 1, sql: 'PRAGMA max_page_count = 60' }]);
    await expect(fixture.queue.send('q', entry(900_000))).rejects.toThrow(/full/);
    expect(fixture.queue.counts('q').visible).toBe(0);
    await fixture.queue.send('q', entry(10));
    const received = await fixture.queue.receive('q', { most: 10, visibilityMs: 1_000 });
    expect(received.map(({ id }) => id)).toEqual(['10']);
    await fixture.end();
  });

  test('of what is sent at one moment, only what has no room fails', async () => {
    const fixture = await startFixture({ hasJournal: false });
    await fixture.store.migrate('limit', [{ id: 1, sql: 'PRAGMA max_page_count = 60' }]);
    const sent = await Promise.allSettled(
      [10, 900_000, 20].map((bytes) =>
        fixture.queue.send('q', [{ id: `${bytes}`, body: Buffer.alloc(bytes) }]),
      ),
    );
    expect(sent.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const received = await fixture.queue.receive('q', { most: 10, visibilityMs: 1_000 });
    expect(received.map(({ id }) => id)).toEqual(['10', '20']);
    await fixture.end();
  });

  test('a duplicate of what could not be kept is kept', async () => {
    const fixture = await startFixture({ hasJournal: false });
    const deduplication = { key: 'k', windowMs: 300_000 };
    await fixture.store.migrate('limit', [{ id: 1, sql: 'PRAGMA max_page_count = 60' }]);
    const tooLarge = { id: 'large', body: Buffer.alloc(900_000), deduplication };
    await expect(fixture.queue.send('q', [tooLarge])).rejects.toThrow(/full/);
    const sent = await fixture.queue.send('q', [{ ...tooLarge, body: Buffer.from('small') }]);
    expect(sent).toMatchObject([{ isDuplicate: false }]);
    await fixture.end();
  });

  test('accepts while its database has no room, for as long as its journal has', async () => {
    const fixture = await startFixture();
    await fixture.store.migrate('limit', [{ id: 1, sql: 'PRAGMA max_page_count = 60' }]);
    const bodies = [10, 900_000, 20].map((bytes) => Buffer.alloc(bytes, bytes));
    for (const body of bodies) await fixture.queue.send('q', [{ id: `${body.length}`, body }]);
    await expect(fixture.store.read('SELECT 1')).rejects.toThrow(/full/);
    // Another server has another limit, as a disk with room again.
    await fixture.reopen();
    const received = await fixture.queue.receive('q', { most: 10, visibilityMs: 1_000 });
    expect(received.map(({ body }) => Buffer.from(body))).toEqual(bodies);
    await fixture.end();
  });

  test('a step of the wall clock neither shows nor hides what is in flight', async () => {
    const fixture = await startFixture();
    await fixture.queue.send('q', [{ id: 'a', body: Buffer.from('a') }]);
    const options = { most: 1, visibilityMs: 60_000 };
    await fixture.queue.receive('q', options);
    fixture.stepWallClock(3_600_000);
    expect(await fixture.queue.receive('q', options)).toEqual([]);
    fixture.stepWallClock(-7_200_000);
    fixture.advance(60_000);
    expect(await fixture.queue.receive('q', options)).toHaveLength(1);
    await fixture.end();
  });

  test('waits on a timer for what becomes visible while somebody waits', async () => {
    const fixture = await startFixture({ monotonicMs: () => performance.now() });
    await fixture.queue.send('q', [{ id: 'a', body: Buffer.from('a'), delayMs: 50 }]);
    const options = { most: 1, visibilityMs: 60_000, waitMs: 60_000 };
    expect(await fixture.queue.receive('q', options)).toMatchObject([{ id: 'a' }]);
    await fixture.end();
  });

  test('an entry is handed out to a caller that begins to wait just then', async () => {
    // Every look at the clock takes a millisecond: the entries are due at different looks.
    let looks = 0;
    const fixture = await startFixture({ monotonicMs: () => (looks += 1) });
    const { queue } = fixture;
    for (let delayMs = 1; delayMs <= 12; delayMs += 1) {
      await queue.send('late', [{ id: 'a', body: Buffer.from('a'), delayMs }]);
      const received = await queue.receive('late', {
        most: 1,
        visibilityMs: 30_000,
        waitMs: 1_000_000,
      });
      expect(received).toHaveLength(1);
      await queue.purge('late');
    }
    await fixture.end();
  });
});
