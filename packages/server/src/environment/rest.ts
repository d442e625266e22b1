/**
 * The sleep of an idle environment: a short while after its last work all of its processes are
 * frozen, and they run again before they are given more. One that is busy again sooner never
 * notices. Freezing and thawing follow each other, never overlap.
 */
import type { Logger } from '../lib/logger.ts';

/** What is put to sleep: a sandbox. */
export interface Sleeper {
  freeze(): Promise<void>;
  thaw(): Promise<void>;
}

export interface RestDeps {
  readonly logger: Logger;
  readonly afterMs: number;
  /** It sleeps now. Called only between `begin` and `wake`. */
  readonly onFrozen: () => void;
}

export class Rest {
  readonly #deps: RestDeps;
  #timer: NodeJS.Timeout | undefined;
  /** Set from the moment in which freezing begins; resolves whether it worked or not. */
  #frozen: { readonly done: Promise<void>; readonly sleeper: Sleeper } | undefined;

  constructor(deps: RestDeps) {
    this.#deps = deps;
  }

  begin(sleeper: Sleeper): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#frozen = { sleeper, done: this.#freeze(sleeper) };
    }, this.#deps.afterMs);
    this.#timer.unref();
  }

  /** Undefined where it did not sleep; else resolves when everything runs again. */
  wake(): Promise<void> | undefined {
    clearTimeout(this.#timer);
    const frozen = this.#frozen;
    if (frozen === undefined) return undefined;
    this.#frozen = undefined;
    return frozen.done.then(() => frozen.sleeper.thaw());
  }

  async #freeze(sleeper: Sleeper): Promise<void> {
    try {
      await sleeper.freeze();
      if (this.#frozen?.sleeper === sleeper) this.#deps.onFrozen();
    } catch (error) {
      // It goes on awake, which costs CPU time and nothing else; the next `wake` thaws what froze.
      this.#deps.logger.warn('environment.not-frozen', { error });
    }
  }
}
