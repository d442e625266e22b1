/**
 * What is there, read before the lock is taken under which it will be changed: most changes find
 * it as it was read, and do not wait for it. Whoever changes what is under a key spoils whatever was
 * read of it before the change has ended.
 */
import { setImmediate as turn } from 'node:timers/promises';

export interface Ahead<T> extends Disposable {
  /** Under the lock of the key; undefined where it has changed since. */
  take(): Promise<T> | undefined;
}

export class ReadAhead<T> {
  readonly #open = new Map<string, Set<{ isSpoiled: boolean }>>();

  /** Begins behind what is due now, so that it holds nothing up. Disposed of by the caller. */
  start(key: string, begin: () => Promise<T>): Ahead<T> {
    const read = turn().then(begin);
    // It may never be taken; whoever reads again is told then.
    read.catch(() => {});
    const mark = { isSpoiled: false };
    const marks = this.#open.get(key) ?? new Set();
    this.#open.set(key, marks.add(mark));
    return {
      take: () => (mark.isSpoiled ? undefined : read),
      [Symbol.dispose]: () => {
        marks.delete(mark);
        if (marks.size === 0 && this.#open.get(key) === marks) this.#open.delete(key);
      },
    };
  }

  /** What is under the key has changed, or may have. */
  spoil(key: string): void {
    for (const mark of this.#open.get(key) ?? []) mark.isSpoiled = true;
  }
}
