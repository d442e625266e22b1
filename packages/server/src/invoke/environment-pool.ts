/**
 * The environments of one incarnation of one function, and the invocations that wait for one.
 * The one used last is taken first, so that the others grow old and can go. An invocation that
 * finds none idle waits for whichever comes first: a new environment that is started for it, or
 * one that becomes idle. Every waiting invocation is served or rejected; none is left behind.
 */
import { Throttled, type ThrottleReason } from '../core/invocation.ts';
import type { Environment, EnvironmentListener } from '../environment/environment.ts';
import { EnvironmentEnded } from '../environment/invocation-order.ts';
import type { ProvisionedCapacity } from '../core/provisioned.ts';
import type { InitializationType } from '../core/initialization-type.ts';
import type { Semaphore } from '../lib/semaphore.ts';
import { ProvisionedEnvironments, type EnvironmentCounts } from './provisioned-environments.ts';

export interface PoolDeps {
  /** Bounds how many environments of all pools start at once. */
  readonly gate: Semaphore;
  readonly createEnvironment: (
    listener: EnvironmentListener,
    initializationType: InitializationType,
  ) => Environment;
  readonly reusesEnvironments: boolean;
  /** Asked before each start for a waiting invocation: why there must be none now. */
  readonly refuseStart?: () => ThrottleReason | undefined;
  /** Nothing waits here and no environment is left; may be called more than once. */
  readonly onEmpty: () => void;
}

/** Start-up work is spread by the gate; an init that sleeps must not hold its place for long. */
const GATE_HOLD_MS = 500;
/**
 * An environment that has just answered is idle again in a moment. Waiting so long for it before
 * starting another makes callers that invoke one after the other keep one warm environment.
 */
const SETTLE_WAIT_MS = 50;
/** At the end: for the last log lines of what has just answered. */
const LAST_LINES_MS = 500;

export class EnvironmentPool {
  readonly #deps: PoolDeps;
  readonly #all = new Set<Environment>();
  readonly #starting = new Set<Environment>();
  readonly #idle: Environment[] = [];
  readonly #waiting: Waiter[] = [];
  readonly #provisioned: ProvisionedEnvironments;
  /** Starts that wait at the gate. */
  #queuedStarts = 0;
  #retiredBecause: string | undefined;

  constructor(deps: PoolDeps) {
    this.#deps = deps;
    this.#provisioned = new ProvisionedEnvironments({
      gate: deps.gate,
      createEnvironment: (listener) => deps.createEnvironment(listener, 'provisioned-concurrency'),
      reusesEnvironments: deps.reusesEnvironments,
      offer: (environment) => this.#giveToWaiting(environment),
      onEnd: () => this.#tellIfEmpty(),
    });
  }

  get counts(): EnvironmentCounts {
    const { starting, idle, busy, frozen } = this.#provisioned.counts;
    return {
      starting: starting + this.#starting.size,
      idle: idle + this.#idle.length,
      frozen: frozen + this.#idle.filter(({ state }) => state === 'frozen').length,
      busy: busy + this.#all.size - this.#idle.length - this.#starting.size,
    };
  }

  /** Environments that are there or about to be started. */
  get size(): number {
    return this.#all.size + this.#queuedStarts + this.#provisioned.size;
  }

  get provisioned(): ProvisionedCapacity {
    return this.#provisioned.capacity;
  }

  /** So many environments are to be initialised at any time, before anybody invokes. */
  provision(count: number): void {
    if (this.#retiredBecause !== undefined) return;
    this.#provisioned.want(count, 'fewer are provisioned now');
    this.#tellIfEmpty();
  }

  /** Resolves with an environment that the caller must `invoke` at once. */
  acquire(): Promise<Environment> {
    const environment = this.#takeIdle();
    if (environment !== undefined) return Promise.resolve(environment);
    const waiter = new Waiter();
    this.#waiting.push(waiter);
    const settling = this.#countSettling();
    if (settling > 0) waiter.after(SETTLE_WAIT_MS, () => this.#startMissing(0));
    this.#startMissing(settling);
    return waiter.promise;
  }

  /** Environments go as soon as they are idle; what waits already is still served. */
  retire(reason: string): void {
    this.#retiredBecause = reason;
    for (const environment of this.#idle.splice(0)) this.#destroy(environment, reason);
    this.#provisioned.want(0, reason);
    this.#tellIfEmpty();
  }

  /** Provisioned ones stay, however long they are idle. */
  reapIdle(idleSinceBeforeMs: number): void {
    this.#provisioned.refresh();
    const old = this.#idle.filter((each) => each.idleSinceMs < idleSinceBeforeMs || !each.isFresh);
    for (const environment of old) {
      this.#idle.splice(this.#idle.indexOf(environment), 1);
      this.#destroy(environment, 'it was idle or lived for long enough');
    }
  }

  /** Ends everything; whoever still waits or runs is rejected. */
  async destroyAll(reason: string): Promise<void> {
    this.#retiredBecause = reason;
    for (const waiter of this.#waiting.splice(0)) waiter.reject(new EnvironmentEnded(reason));
    await this.#lastLines();
    this.#idle.length = 0;
    this.#provisioned.want(0, reason);
    await Promise.allSettled(this.#everything.map((each) => each.destroy(reason)));
  }

  get #everything(): readonly Environment[] {
    return [...this.#all, ...this.#provisioned.all];
  }

  #takeIdle(): Environment | undefined {
    const provisioned = this.#provisioned.takeIdle();
    if (provisioned !== undefined) return provisioned;
    for (let next = this.#idle.pop(); next !== undefined; next = this.#idle.pop()) {
      if (next.isFresh) return next;
      this.#destroy(next, 'it can take no further invocation');
    }
    return undefined;
  }

  #countSettling(): number {
    if (!this.#deps.reusesEnvironments || this.#retiredBecause !== undefined) return 0;
    let settling = 0;
    for (const each of this.#everything) if (each.state === 'responded') settling += 1;
    return settling;
  }

  /** Starts one for each waiting invocation, less those that others will serve in a moment. */
  #startMissing(servedByOthers: number): void {
    const missing = (): number =>
      this.#waiting.length - servedByOthers - this.#queuedStarts - this.#starting.size;
    while (missing() > 0) {
      const refusal = this.#deps.refuseStart?.();
      if (refusal !== undefined) {
        this.#waiting.pop()?.reject(new Throttled(refusal));
        continue;
      }
      const permit = this.#deps.gate.acquire();
      if (permit === undefined) {
        // What cannot be started within bounds is throttled and never left hanging.
        this.#waiting.pop()?.reject(new Throttled('ConcurrentInvocationLimitExceeded'));
        continue;
      }
      this.#queuedStarts += 1;
      void permit.then((release) => this.#startOne(release));
    }
    this.#tellIfEmpty();
  }

  async #startOne(release: () => void): Promise<void> {
    this.#queuedStarts -= 1;
    // Whoever wanted this one may have been served by another meanwhile.
    if (this.#waiting.length <= this.#starting.size) {
      release();
      this.#tellIfEmpty();
      return;
    }
    const environment = this.#deps.createEnvironment(
      { idle: (each) => this.#offer(each), gone: (each) => this.#forget(each) },
      'on-demand',
    );
    this.#all.add(environment);
    this.#starting.add(environment);
    const hold = setTimeout(release, GATE_HOLD_MS);
    try {
      await environment.start();
      // A good init came through `idle`; a failed one needs an invocation that it can tell.
      if (environment.state === 'reset') this.#offer(environment);
    } catch (error) {
      this.#starting.delete(environment);
      this.#waiting.shift()?.reject(error);
      this.#startMissing(0);
      this.#tellIfEmpty();
    } finally {
      clearTimeout(hold);
      release();
    }
  }

  #offer(environment: Environment): void {
    // One that has not run yet serves also where nothing is reused, and after a retirement.
    const isNew = this.#starting.delete(environment);
    const isReusable =
      this.#deps.reusesEnvironments && this.#retiredBecause === undefined && environment.isFresh;
    const waiter = isNew || isReusable ? this.#waiting.shift() : undefined;
    if (waiter !== undefined) {
      waiter.resolve(environment);
    } else if (isKept(environment) && this.#retiredBecause === undefined) {
      // One that has to run its init again is taken only when there is no other.
      if ((isNew || isReusable) && environment.state === 'reset') this.#idle.unshift(environment);
      else if (isNew || isReusable) this.#idle.push(environment);
      else this.#destroy(environment, 'environments are not reused');
    } else {
      this.#destroy(environment, this.#retiredBecause ?? 'its init failed');
    }
  }

  #giveToWaiting(environment: Environment): boolean {
    const waiter = this.#waiting.shift();
    waiter?.resolve(environment);
    return waiter !== undefined;
  }

  #forget(environment: Environment): void {
    this.#all.delete(environment);
    this.#starting.delete(environment);
    const at = this.#idle.indexOf(environment);
    if (at !== -1) this.#idle.splice(at, 1);
    this.#tellIfEmpty();
  }

  #destroy(environment: Environment, reason: string): void {
    // The environment has logged why it could not be destroyed, and is gone from here either way.
    environment.destroy(reason).catch(() => {});
  }

  async #lastLines(): Promise<void> {
    const settled = Promise.all(this.#everything.map((each) => each.settled()));
    const limit = Promise.withResolvers<void>();
    const timer = setTimeout(() => limit.resolve(), LAST_LINES_MS);
    await Promise.race([settled, limit.promise]);
    clearTimeout(timer);
  }

  #tellIfEmpty(): void {
    const isEmpty = this.#all.size + this.#waiting.length + this.#queuedStarts === 0;
    if (isEmpty && this.#provisioned.isEmpty) this.#deps.onEmpty();
  }
}

function isKept({ state }: Environment): boolean {
  return state === 'idle' || state === 'reset';
}

/** An invocation without an environment yet; a timer of its own dies with the wait. */
class Waiter {
  readonly #served = Promise.withResolvers<Environment>();
  #timer: NodeJS.Timeout | undefined;

  get promise(): Promise<Environment> {
    return this.#served.promise;
  }

  after(delayMs: number, action: () => void): void {
    this.#timer = setTimeout(action, delayMs);
  }

  resolve(environment: Environment): void {
    clearTimeout(this.#timer);
    this.#served.resolve(environment);
  }

  reject(error: unknown): void {
    clearTimeout(this.#timer);
    this.#served.reject(error);
  }
}
