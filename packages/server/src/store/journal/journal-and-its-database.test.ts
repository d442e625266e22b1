import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { silentLogger } from '../../lib/logger.ts';
import { startJournal, type Journal } from './journal.ts';
import { KEY_BYTES } from './record.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hearth-journal-'));
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true });
});

/** In front of a database that does this with records. */
const start = (apply: () => Promise<unknown>): Journal =>
  startJournal({
    folder,
    key: Buffer.alloc(KEY_BYTES),
    lastGeneration: 0,
    hasSpare: false,
    logger: silentLogger,
    apply,
  });
const append = (journal: Journal, bytes = 1): Promise<void> =>
  journal.append([{ sql: 'SELECT ?', params: [Buffer.alloc(bytes)] }]);
const nowhere = (): Promise<never> => Promise.reject(new Error('There is no room.'));

describe('a journal', () => {
  test('is closed after what is being written is in its database', async () => {
    const apply = vi.fn<() => Promise<void>>().mockResolvedValue();
    const journal = start(apply);
    const appended = append(journal);
    await setImmediate();
    await journal.close();
    expect(apply).toHaveBeenCalledTimes(1);
    await appended;
  });

  test('asks nothing of its database once it is closed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const apply = vi.fn(nowhere);
    const journal = start(apply);
    await append(journal);
    await journal.close();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(apply).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('tries its database again by itself, also after somebody has tried in vain', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const apply = vi.fn(nowhere);
    await using journal = start(apply);
    await append(journal);
    await vi.advanceTimersByTimeAsync(100);
    expect(apply).toHaveBeenCalledTimes(1);
    await expect(journal.settle()).rejects.toThrow('no room');
    apply.mockResolvedValue(undefined as never);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(apply).toHaveBeenCalledTimes(3);
    await journal.settle();
    expect(apply).toHaveBeenCalledTimes(3);
  });

  test('accepts nothing until its database has enough of what came before', async () => {
    const asked: PromiseWithResolvers<void>[] = [];
    let isOpen = false;
    await using journal = start(() => {
      const next = Promise.withResolvers<void>();
      asked.push(next);
      return isOpen ? Promise.resolve() : next.promise;
    });
    for (let each = 0; each < 27; each += 1) await append(journal, 1_048_576);
    await Promise.all(Array.from({ length: 10 }, () => append(journal, 1_048_576)));
    let isAccepted = false;
    const last = append(journal).then(() => {
      isAccepted = true;
    });
    await setImmediate();
    // The first record alone, which leaves too many.
    asked[0]?.resolve();
    await vi.waitFor(() => expect(asked).toHaveLength(2), 30_000);
    for (let each = 0; each < 20; each += 1) {
      await writeFile(path.join(folder, 'as-long-as-a-record-takes'), 'a', { flush: true });
    }
    const wasAcceptedEarly = isAccepted;
    isOpen = true;
    for (const each of asked) each.resolve();
    await last;
    expect(wasAcceptedEarly).toBe(false);
  }, 60_000);
});
