/**
 * Chooses: which pool serves an invocation, and which pools a changed function leaves behind. All
 * that it decides by is the version that the caller resolved, and the tenant where the function
 * keeps them apart; how environments are made, counted and ended stands in other files.
 */
import { functionArn, versionArn, type FunctionVersion } from '../core/function-version.ts';
import type { ProvisionedCapacity } from '../core/provisioned.ts';
import type { EnvironmentPool } from './environment-pool.ts';

type PoolFactory = (
  version: FunctionVersion,
  onEmpty: () => void,
  tenantId: string | undefined,
) => EnvironmentPool;

interface Served {
  readonly incarnation: string;
  readonly pool: EnvironmentPool;
}

export class Router {
  readonly #createPool: PoolFactory;
  /** Pools with provisioned environments: by function, then by version. */
  readonly #provisioned = new Map<string, Map<string, EnvironmentPool>>();
  readonly #byVersion = new Map<string, Map<string, Served>>();

  constructor(createPool: PoolFactory) {
    this.#createPool = createPool;
  }

  /**
   * An environment serves one incarnation of one version only, and of those for tenants one
   * tenant, so each has a pool of its own.
   */
  poolFor(version: FunctionVersion, tenantId?: string): EnvironmentPool {
    const arn = versionArn(version);
    const pools = this.#byVersion.get(arn) ?? new Map<string, Served>();
    this.#byVersion.set(arn, pools);
    const { incarnation } = version;
    const key = keyOf(incarnation, tenantId);
    const existing = pools.get(key);
    if (existing !== undefined) return existing.pool;
    const onEmpty = (): void => {
      if (pools.get(key)?.pool === pool) pools.delete(key);
      if (pools.size === 0 && this.#byVersion.get(arn) === pools) this.#byVersion.delete(arn);
    };
    const pool = this.#createPool(version, onEmpty, tenantId);
    pools.set(key, { incarnation, pool });
    return pool;
  }

  /** So many environments of the version are to be initialised at any time. */
  provision(version: FunctionVersion, count: number): void {
    const owner = functionArn(version);
    const arn = versionArn(version);
    const pools = this.#provisioned.get(owner) ?? new Map<string, EnvironmentPool>();
    const pool = pools.get(arn) ?? (count > 0 ? this.poolFor(version) : undefined);
    if (pool === undefined) return;
    if (count > 0) pools.set(arn, pool);
    else pools.delete(arn);
    if (pools.size > 0) this.#provisioned.set(owner, pools);
    else this.#provisioned.delete(owner);
    pool.provision(count);
  }

  /** How many are initialised of the version, and of all versions of its function. */
  provisionedOf(
    version: FunctionVersion,
  ): { readonly ofVersion: number; readonly ofFunction: number } | undefined {
    if (this.#provisioned.size === 0) return undefined;
    const pools = this.#provisioned.get(functionArn(version));
    if (pools === undefined) return undefined;
    let ofFunction = 0;
    for (const pool of pools.values()) ofFunction += pool.provisioned.allocated;
    return { ofVersion: pools.get(versionArn(version))?.provisioned.allocated ?? 0, ofFunction };
  }

  capacityOf(version: FunctionVersion): ProvisionedCapacity {
    const pool = this.#provisioned.get(functionArn(version))?.get(versionArn(version));
    return pool?.provisioned ?? { allocated: 0 };
  }

  retire(arn: string, keepIncarnation: string | undefined): void {
    const reason =
      keepIncarnation === undefined ? 'the function was deleted' : 'the function was updated';
    for (const { incarnation, pool } of this.#byVersion.get(arn)?.values() ?? []) {
      if (incarnation !== keepIncarnation) pool.retire(reason);
    }
    this.#forgetProvisioned(arn);
  }

  /** A version that is provisioned never changes, so its pool was retired for good. */
  #forgetProvisioned(arn: string): void {
    for (const [owner, pools] of this.#provisioned) {
      if (!pools.delete(arn)) continue;
      if (pools.size === 0) this.#provisioned.delete(owner);
      return;
    }
  }

  /** The environments of a function that exist, of all its versions and tenants. */
  environmentsOf(owner: Parameters<typeof functionArn>[0]): number {
    const arn = functionArn(owner);
    let count = 0;
    for (const [each, pools] of this.#byVersion) {
      if (each !== arn && !each.startsWith(`${arn}:`)) continue;
      for (const { pool } of pools.values()) count += pool.size;
    }
    return count;
  }

  get pools(): readonly EnvironmentPool[] {
    return [...this.#byVersion.values()].flatMap((pools) =>
      [...pools.values()].map(({ pool }) => pool),
    );
  }
}

/** An incarnation holds no slash. */
function keyOf(incarnation: string, tenantId: string | undefined): string {
  return tenantId === undefined ? incarnation : `${incarnation}/${tenantId}`;
}
