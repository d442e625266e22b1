/** Work that is done again and again: every so often, and as soon as somebody asks for it. */
import { closeable, type Closeable } from './lifetime.ts';

/** `close()` waits for the round that runs, whose signal it aborts. */
export interface Rounds extends Closeable {
  /**
   * Resolves when a round that began after the call has ended, and rejects with what it threw.
   * Rounds run one after another.
   */
  run(): Promise<void>;
  /** Asks for a round and waits for nothing; a failure goes to `onError`. */
  look(): void;
}

export interface RoundsOptions {
  readonly everyMs: number;
  /** A round that nobody waits for has failed; the next one comes all the same. */
  readonly onError: (error: unknown) => void;
}

export function startRounds(
  round: (closing: AbortSignal) => Promise<void>,
  { everyMs, onError }: RoundsOptions,
): Rounds {
  const closing = new AbortController();
  let running: Promise<void> | undefined;
  let following: Promise<void> | undefined;
  const start = (): Promise<void> => {
    running = (closing.signal.aborted ? Promise.resolve() : round(closing.signal)).finally(() => {
      running = undefined;
    });
    return running;
  };
  const run = (): Promise<void> => {
    if (running === undefined) return start();
    following ??= running
      // Whoever asked for that one is told of its failure.
      .catch(() => {})
      .then(() => {
        following = undefined;
        return start();
      });
    return following;
  };
  const look = (): void => {
    run().catch((error: unknown) => {
      if (!closing.signal.aborted) onError(error);
    });
  };
  const timer = setInterval(look, everyMs);
  timer.unref();
  return {
    run,
    look,
    ...closeable(async () => {
      closing.abort();
      clearInterval(timer);
      await running?.catch(() => {});
    }),
  };
}
