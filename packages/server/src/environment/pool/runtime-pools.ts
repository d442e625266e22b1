/**
 * What waits for functions: runtimes that have booted, by their name, and parked sandboxes, which fit
 * every runtime, by the processes that wait in them. Each is taken once, for one function, and
 * never comes back. A booted one is made of a parked one.
 *
 * An empty pool is no fault: whoever finds nothing starts a runtime as if there were no pool.
 */
import type { RuntimeCatalogue } from '@hearth/runtimes';
import { canBootAhead, takesBooted } from '../../core/boots-ahead.ts';
import type { FunctionVersion } from '../../core/function-version.ts';
import { DEFAULT_EPHEMERAL_MIB } from '../../core/limits.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import { closeable, type Closeable } from '../../lib/lifetime.ts';
import type { Logger } from '../../lib/logger.ts';
import type { SandboxDeps } from '../sandbox-shape.ts';
import { bootRuntime, type BootedRuntime } from './booted-runtime.ts';
import { parkSandbox, type ParkedSandbox } from './parked-sandbox.ts';
import { PoolKind, type PoolKindOptions } from './pool-kind.ts';
import type { PoolMember } from './pool-member.ts';
import { PoolRefill, type RefillDeps } from './pool-refill.ts';

export interface PoolsDeps extends SandboxDeps {
  readonly runtimes: Pick<RuntimeCatalogue, 'install'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
}

export interface PoolSettings {
  /** Booted runtimes of each kind in use; 0 switches them off. */
  readonly booted: number;
  /** Parked sandboxes; 0 switches them off. */
  readonly parked: number;
  readonly budgetMib: RefillDeps['budgetMib'];
  readonly atOnce: RefillDeps['atOnce'];
}

export interface RuntimePools extends Closeable {
  /** One for this function, the caller's to assign and to destroy; undefined where none is ready. */
  take(version: FunctionVersion): BootedRuntime | undefined;
  /** The same for a sandbox in which so many programs will run beside the first. */
  takeParked(version: FunctionVersion, besides: number): ParkedSandbox | undefined;
  /** There is a function that may be invoked: its runtime had better be ready. */
  expect(version: Pick<FunctionVersion, 'runtime'>): void;
  counts(): PoolCounts;
}

export interface PoolCount {
  readonly ready: number;
  readonly booting: number;
  /** How many there should be, by what was asked for lately and by memory. */
  readonly wanted: number;
  /** Since the start: functions that got one, and those that found none. */
  readonly taken: number;
  readonly missed: number;
}

export interface PoolCounts {
  /** Runtimes that run already and wait for a function, by their name. */
  readonly pool: Readonly<Record<string, PoolCount>>;
  /** Sandboxes that wait for a program of any runtime. */
  readonly parked: PoolCount;
}

/** Measured: what an idle Node of the pool takes, and a parked sandbox (docs/performance.md). */
const BOOTED_MIB = 12;
const PARKED_MIB = 1;
const BESIDE_MIB = 0.5;
/** Sandboxes with extensions are made for functions that few have. */
const USUAL_WITH_BESIDES = 2;
const REVIEW_MS = 5_000;

export function startRuntimePools(deps: PoolsDeps, settings: PoolSettings): RuntimePools {
  const pools = new Pools(deps, settings);
  const review = setInterval(() => pools.refill.review(), REVIEW_MS);
  return {
    take: (version) => pools.take(version),
    takeParked: (version, besides) => pools.takeParked(version, besides),
    expect: (version) => pools.expect(version),
    counts: () => pools.counts(),
    ...closeable(async () => {
      clearInterval(review);
      pools.isClosed = true;
      await pools.refill.close();
    }),
  };
}

class Pools {
  readonly refill: PoolRefill;
  isClosed = false;
  readonly #deps: PoolsDeps;
  readonly #settings: PoolSettings;
  readonly #booted = new Map<string, PoolKind<BootedRuntime>>();
  /** By the number of processes beside the first. */
  readonly #parked = new Map<number, PoolKind<ParkedSandbox>>();
  readonly #machine = process.arch === 'arm64' ? 'arm64' : 'x86_64';

  constructor(deps: PoolsDeps, settings: PoolSettings) {
    this.#deps = deps;
    this.#settings = settings;
    this.refill = new PoolRefill({ ...deps, ...settings });
  }

  take(version: FunctionVersion): BootedRuntime | undefined {
    if (!this.#keepsBooted || !takesBooted(version, this.#machine)) {
      return undefined;
    }
    return this.#takeOf(this.#bootedKind(version.runtime));
  }

  takeParked(
    { architecture, ephemeralMib }: FunctionVersion,
    besides: number,
  ): ParkedSandbox | undefined {
    const fits = architecture === this.#machine && ephemeralMib === DEFAULT_EPHEMERAL_MIB;
    if (!this.#keepsParked || !fits) return undefined;
    return this.#takeOf(this.#parkedKind(besides));
  }

  expect({ runtime }: Pick<FunctionVersion, 'runtime'>): void {
    const nowMs = this.#deps.clock.monotonicMs();
    if (this.#keepsBooted && canBootAhead(runtime)) this.#bootedKind(runtime).lastUseMs = nowMs;
    if (this.#keepsParked) this.#parkedKind(0).lastUseMs = nowMs;
    this.refill.fill();
  }

  counts(): PoolCounts {
    const targetOf = this.refill.targets();
    return {
      pool: Object.fromEntries(
        [...this.#booted].map(([name, kind]) => [name, countOf([kind], targetOf)]),
      ),
      parked: countOf([...this.#parked.values()], targetOf),
    };
  }

  get #keepsBooted(): boolean {
    return !this.isClosed && this.#settings.booted > 0 && this.#deps.driver.mountsLate;
  }

  get #keepsParked(): boolean {
    return !this.isClosed && this.#settings.parked > 0 && this.#deps.driver.parks;
  }

  #takeOf<Member extends PoolMember>(kind: PoolKind<Member>): Member | undefined {
    const nowMs = this.#deps.clock.monotonicMs();
    const member = kind.take(nowMs);
    this.refill.onTake(nowMs);
    return member;
  }

  #bootedKind(runtime: string): PoolKind<BootedRuntime> {
    return this.#kind(this.#booted, runtime, {
      name: runtime,
      usual: this.#settings.booted,
      costMib: BOOTED_MIB,
      make: async (signal) => {
        const installation = await this.#deps.runtimes.install(runtime);
        const parked = this.#parked.get(0)?.next() ?? (await this.#park(0));
        return await bootRuntime(parked, installation, { limits: this.#deps.limits, signal });
      },
    });
  }

  #parkedKind(besides: number): PoolKind<ParkedSandbox> {
    const { parked } = this.#settings;
    return this.#kind(this.#parked, besides, {
      name: besides === 0 ? 'parked' : `parked with ${besides} beside`,
      usual: besides === 0 ? parked : Math.min(parked, USUAL_WITH_BESIDES),
      costMib: PARKED_MIB + besides * BESIDE_MIB,
      make: () => this.#park(besides),
    });
  }

  #park(besides: number): Promise<ParkedSandbox> {
    return parkSandbox(this.#deps, { id: `pool-${this.#deps.ids.hex(8)}`, besides });
  }

  #kind<Key, Member extends PoolMember>(
    kinds: Map<Key, PoolKind<Member>>,
    key: Key,
    options: PoolKindOptions<Member>,
  ): PoolKind<Member> {
    const existing = kinds.get(key);
    if (existing !== undefined) return existing;
    const kind = new PoolKind(options, this.#deps.clock.monotonicMs());
    kinds.set(key, kind);
    this.refill.add(kind);
    return kind;
  }
}

function countOf(kinds: readonly PoolKind[], targetOf: (kind: PoolKind) => number): PoolCount {
  const sum = (count: (kind: PoolKind) => number): number =>
    kinds.reduce((total, kind) => total + count(kind), 0);
  return {
    ready: sum(({ ready }) => ready),
    booting: sum(({ making }) => making),
    wanted: sum(targetOf),
    taken: sum(({ taken }) => taken),
    missed: sum(({ missed }) => missed),
  };
}
