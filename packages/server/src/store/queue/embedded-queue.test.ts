import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { randomIds } from '../../lib/ids.ts';
import { silentLogger } from '../../lib/logger.ts';
import { openStore } from '../open-store.ts';
import type { Store } from '../store.ts';
import type { DurableQueue } from './durable-queue.ts';
import { openDurableQueue } from './open-durable-queue.ts';

describe('while something is on its way to the disk or from it', () => {
  let folder: string;
  let store: Store;
  let queue: DurableQueue;
  let nowMs = 1_790_000_000_000;
  let stopped: 'read' | 'append' | undefined;
  let waiting: PromiseWithResolvers<void>[] = [];
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const wait = async (what: 'read' | 'append'): Promise<void> => {
    if (what !== stopped) return;
    const gate = Promise.withResolvers<void>();
    waiting.push(gate);
    await gate.promise;
  };
  /** What is asked of the store from now on waits. */
  const stop = (what: 'read' | 'append'): void => {
    stopped = what;
    waiting = [];
  };
  const goOn = (): void => {
    stopped = undefined;
    for (const each of waiting) each.resolve();
  };
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'hearth-queue-'));
    const file = path.join(folder, 'queue.sqlite');
    const opened = await openStore({ path: file, logger: silentLogger, hasJournal: true });
    store = {
      ...opened,
      read: (...args) => wait('read').then(() => opened.read(...args)),
      append: (...args) => wait('append').then(() => opened.append(...args)),
    };
    queue = await openDurableQueue({ store, clock, ids: randomIds, logger: silentLogger });
    await queue.loaded;
  });
  beforeEach(async () => {
    goOn();
    for (const name of queue.names()) await queue.drop(name);
  });
  afterAll(async () => {
    await queue.close();
    await store.close();
    await rm(folder, { recursive: true });
  });

  async function receiveFirst(): Promise<string> {
    await queue.send('q', [{ id: 'a', body: Buffer.from('a') }]);
    const [received] = await queue.receive('q', { most: 1, visibilityMs: 1_000 });
    return received?.receipt ?? '';
  }

  test('what goes to the dead-letter queue is not told to be removed', async () => {
    const receipt = await receiveFirst();
    nowMs += 1_000;
    stop('append');
    const deadLetter = { queue: 'dead', afterReceives: 1 };
    const receiving = queue.receive('q', { most: 1, visibilityMs: 1_000, deadLetter });
    await vi.waitFor(() => expect(waiting).toHaveLength(1));
    const removing = queue.remove('q', [receipt]);
    goOn();
    expect(await removing).toEqual(['replaced']);
    expect(await receiving).toEqual([]);
    expect(queue.counts('dead').visible).toBe(1);
    expect(queue.counts('q')).toMatchObject({ visible: 0, inFlight: 0 });
  });

  test('what could not be moved is held as before', async () => {
    const receipt = await receiveFirst();
    stop('append');
    const moving = queue.move('q', receipt, 'target', 'b');
    await vi.waitFor(() => expect(waiting).toHaveLength(1));
    // Nobody knows the queue any more: there is nothing in it.
    expect(await queue.receive('q', { most: 1, visibilityMs: 1_000, waitMs: 1 })).toEqual([]);
    waiting[0]?.reject(new Error('no room'));
    goOn();
    await expect(moving).rejects.toThrow('no room');
    expect(await queue.receiptState('q', receipt)).toBe('held');
    expect(queue.counts('target').visible).toBe(0);
    nowMs += 1_000;
    expect(await queue.receive('q', { most: 1, visibilityMs: 1_000 })).toHaveLength(1);
  });

  test('a batch that fails forgets its own keys and no others', async () => {
    const entry = (key: string) => {
      const deduplication = { key, windowMs: 60_000 };
      return { id: key, body: Buffer.from(key), deduplication };
    };
    await queue.send('q', [entry('kept')]);
    stop('append');
    const failing = queue.send('q', [entry('kept'), entry('lost')]);
    waiting[0]?.reject(new Error('no room'));
    goOn();
    await expect(failing).rejects.toThrow('no room');
    const again = await queue.send('q', [entry('kept'), entry('lost')]);
    expect(again.map(({ isDuplicate }) => isDuplicate)).toEqual([true, false]);
  });

  for (const afterReceives of [1, 5]) {
    const what = afterReceives === 1 ? 'being given up' : 'being handed out to another';
    test(`an earlier receipt holds and moves nothing of what is ${what}`, async () => {
      const receipt = await receiveFirst();
      await queue.send('q', [{ id: 'b', body: Buffer.from('b'), lane: 'b' }]);
      // Has the content on the disk alone.
      const other = await openDurableQueue({ store, clock, ids: randomIds, logger: silentLogger });
      await other.loaded;
      nowMs += 1_000;
      stop('read');
      const deadLetter = { queue: 'dead', afterReceives };
      const options = { most: 10, visibilityMs: 1_000, deadLetter };
      const receiving = other.receive('q', options);
      await vi.waitFor(() => expect(waiting).toHaveLength(1));
      expect(await other.hold('q', receipt, 0)).toBe('visible');
      expect(await other.move('q', receipt, 'target', 'b')).toBe('visible');
      goOn();
      const received = await receiving;
      expect(received).toHaveLength(afterReceives === 1 ? 1 : 2);
      expect(await other.receive('q', options)).toEqual([]);
      expect(await other.receiptState('q', received[0]?.receipt ?? '')).toBe('held');
      await other.close();
    });
  }
});
