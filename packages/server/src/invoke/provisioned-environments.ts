/**
 * The provisioned environments of one version: as many as were asked for are initialised before
 * anybody invokes, kept whatever their age, and replaced when they die. The pool that owns this
 * hands them out before any other. A version that cannot be initialised is tried three times at
 * once and then ever more rarely, so that it recovers when what it misses is there again.
 */
import { RoleNotAssumable } from '../core/invocation.ts';
import type { ProvisionedCapacity } from '../core/provisioned.ts';
import type { Environment, EnvironmentListener } from '../environment/environment.ts';
import type { Semaphore } from '../lib/semaphore.ts';

export interface ProvisionedDeps {
  readonly gate: Semaphore;
  readonly createEnvironment: (listener: EnvironmentListener) => Environment;
  readonly reusesEnvironments: boolean;
  /** Whether somebody who waits has taken the environment, which is idle. */
  readonly offer: (environment: Environment) => boolean;
  /** One has ended. */
  readonly onEnd: () => void;
}

/** Of one version; on-demand starts of others find room at the gate between them. */
const STARTS_AT_ONCE = 4;
/** Start-up work is spread by the gate; an init that sleeps must not hold its place for long. */
const GATE_HOLD_MS = 500;
/** So many failures in a row, and the allocation has failed. */
const FAILURES_ALLOWED = 3;
const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = 60_000;
/** One that dies while nobody uses it would else be replaced as fast as it can die. */
const IDLE_DEATH_PAUSE_MS = 1_000;
/** AWS: recorded. */
const INIT_FAILURE = 'FUNCTION_ERROR_INIT_FAILURE';

export interface EnvironmentCounts {
  readonly starting: number;
  /** The frozen ones among them. */
  readonly idle: number;
  readonly frozen: number;
  readonly busy: number;
}

export class ProvisionedEnvironments {
  readonly #deps: ProvisionedDeps;
  readonly #ready = new Set<Environment>();
  readonly #starting = new Set<Environment>();
  readonly #idle: Environment[] = [];
  /** They were told to go, and have not gone yet. */
  readonly #ending = new Set<Environment>();
  #queuedStarts = 0;
  #wanted = 0;
  #failures = 0;
  #failure: string | undefined;
  #pause: NodeJS.Timeout | undefined;

  constructor(deps: ProvisionedDeps) {
    this.#deps = deps;
  }

  get isEmpty(): boolean {
    return this.#wanted + this.size + this.#ending.size === 0;
  }

  /** Those that are there or about to be started. */
  get size(): number {
    return this.#ready.size + this.#starting.size + this.#queuedStarts;
  }

  get counts(): EnvironmentCounts {
    const idle = this.#idle.length;
    const frozen = this.#idle.filter(({ state }) => state === 'frozen').length;
    return { starting: this.#starting.size, idle, frozen, busy: this.#ready.size - idle };
  }

  get capacity(): ProvisionedCapacity {
    const allocated = Math.min(this.#wanted, this.#ready.size);
    const failure = this.#failures >= FAILURES_ALLOWED ? this.#failure : undefined;
    return failure === undefined ? { allocated } : { allocated, failure };
  }

  get all(): readonly Environment[] {
    return [...this.#starting, ...this.#ready, ...this.#ending];
  }

  /** Those above the number go when they are idle; a new number is a new try. */
  want(count: number, reason: string): void {
    this.#wanted = count;
    this.#failures = 0;
    this.#failure = undefined;
    this.#resume();
    while (this.#ready.size > this.#wanted) {
      const surplus = this.#idle.shift();
      if (surplus === undefined) break;
      this.#drop(surplus, reason);
    }
    this.#fill();
  }

  takeIdle(): Environment | undefined {
    for (let next = this.#idle.pop(); next !== undefined; next = this.#idle.pop()) {
      if (next.isFresh) return next;
      this.#drop(next, 'it can take no further invocation');
    }
    return undefined;
  }

  /** Replaces idle ones that could take no further invocation, such as by their credentials. */
  refresh(): void {
    for (const old of this.#idle.filter(({ isFresh }) => !isFresh)) {
      this.#idle.splice(this.#idle.indexOf(old), 1);
      this.#drop(old, 'it can take no further invocation');
    }
  }

  #fill(): void {
    while (this.#pause === undefined && this.size < this.#wanted) {
      // After failures one is tried first.
      const atOnce = this.#failures >= FAILURES_ALLOWED ? 1 : STARTS_AT_ONCE;
      if (this.#starting.size + this.#queuedStarts >= atOnce) return;
      const permit = this.#deps.gate.acquire();
      if (permit === undefined) {
        this.#fillAfter(IDLE_DEATH_PAUSE_MS);
        return;
      }
      this.#queuedStarts += 1;
      void permit.then((release) => this.#startOne(release));
    }
  }

  async #startOne(release: () => void): Promise<void> {
    this.#queuedStarts -= 1;
    if (this.size >= this.#wanted) {
      release();
      this.#deps.onEnd();
      return;
    }
    const environment = this.#deps.createEnvironment({
      idle: (each) => this.#onIdle(each),
      gone: (each) => this.#onGone(each),
    });
    this.#starting.add(environment);
    const hold = setTimeout(release, GATE_HOLD_MS);
    try {
      await environment.start();
      if (environment.state === 'reset') {
        this.#fail(INIT_FAILURE);
        this.#end(environment, 'its init failed');
      }
    } catch (error) {
      this.#fail(
        error instanceof RoleNotAssumable
          ? 'The role defined for the function cannot be assumed by Lambda.'
          : 'The environments could not be started.',
      );
    } finally {
      clearTimeout(hold);
      release();
      this.#starting.delete(environment);
      this.#fill();
    }
  }

  #onIdle(environment: Environment): void {
    const isNew = this.#starting.delete(environment);
    if (isNew) {
      this.#ready.add(environment);
      this.#failures = 0;
      this.#failure = undefined;
    }
    if (this.#ready.size > this.#wanted) this.#drop(environment, 'fewer are provisioned now');
    else if (!isNew && !this.#deps.reusesEnvironments) {
      this.#drop(environment, 'environments are not reused');
    } else if (environment.state === 'reset') {
      this.#drop(environment, 'its runtime failed');
    } else if (!environment.isFresh) {
      this.#drop(environment, 'it can take no further invocation');
    } else if (!this.#deps.offer(environment)) this.#idle.push(environment);
    this.#fill();
  }

  #onGone(environment: Environment): void {
    const at = this.#idle.indexOf(environment);
    if (at !== -1) {
      this.#idle.splice(at, 1);
      this.#fillAfter(IDLE_DEATH_PAUSE_MS);
    }
    this.#ready.delete(environment);
    this.#ending.delete(environment);
    // A start that failed is followed by the next where it ends.
    if (!this.#starting.delete(environment)) this.#fill();
    this.#deps.onEnd();
  }

  #fail(reason: string): void {
    this.#failures += 1;
    this.#failure = reason;
    const rounds = this.#failures - FAILURES_ALLOWED;
    if (rounds >= 0) this.#fillAfter(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** rounds));
  }

  /** Nothing is started before. */
  #fillAfter(delayMs: number): void {
    clearTimeout(this.#pause);
    this.#pause = undefined;
    if (this.#wanted === 0) return;
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.#fill();
    }, delayMs);
  }

  #resume(): void {
    clearTimeout(this.#pause);
    this.#pause = undefined;
  }

  /** Ready, not idle: it is replaced when it has gone. */
  #drop(environment: Environment, reason: string): void {
    this.#ready.delete(environment);
    this.#end(environment, reason);
  }

  #end(environment: Environment, reason: string): void {
    this.#ending.add(environment);
    // The environment has logged why it could not be destroyed, and is gone from here either way.
    environment.destroy(reason).catch(() => {});
  }
}
