/**
 * The threads that read. One is there from the start; the second starts when a read finds the
 * first busy, because each costs about 8 MB and most stores are read by one caller at a time.
 */
import type { Logger } from '../lib/logger.ts';
import { together } from '../lib/together.ts';
import { startThread, type StoreThread } from './start-thread.ts';

export interface Readers {
  /** The one with the least to do. */
  choose(): StoreThread;
  /** Answers what was asked, then ends them all. Called once. */
  end(): Promise<void>;
}

/** Two, so that one long listing does not hold up every small read. */
const MOST_READERS = 2;

/** Rejects with `StoreUnusable`. */
export async function startReaders(file: string, logger: Logger): Promise<Readers> {
  const start = (): Promise<StoreThread> =>
    startThread(new URL('./reader-thread.ts', import.meta.url), { file });
  const readers = [await start()];
  let starting: Promise<void> | undefined;
  const startAnother = async (): Promise<void> => {
    try {
      readers.push(await start());
    } catch (error) {
      // Those that run go on reading, and the next busy moment tries again.
      logger.warn('store.reader-not-started', { file, error });
    } finally {
      starting = undefined;
    }
  };
  return {
    choose: () => {
      const best = readers.reduce((least, each) => (each.load < least.load ? each : least));
      if (best.load > 0 && readers.length < MOST_READERS) starting ??= startAnother();
      return best;
    },
    end: async () => {
      await starting;
      await together(...readers.map((reader) => reader.end()));
    },
  };
}
