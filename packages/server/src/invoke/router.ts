/**
 * Chooses: which pool serves an invocation, and which pools a changed function leaves behind. All
 * that it decides by is the version that the caller resolved; how environments are made, counted
 * and ended stands in other files.
 */
import { versionArn, type FunctionVersion } from '../core/function-version.ts';
import type { EnvironmentPool } from './environment-pool.ts';

type PoolFactory = (version: FunctionVersion, onEmpty: () => void) => EnvironmentPool;

export class Router {
  readonly #createPool: PoolFactory;
  readonly #byVersion = new Map<string, Map<string, EnvironmentPool>>();

  constructor(createPool: PoolFactory) {
    this.#createPool = createPool;
  }

  /** An environment serves one incarnation of one version only, so each has a pool of its own. */
  poolFor(version: FunctionVersion): EnvironmentPool {
    const arn = versionArn(version);
    const pools = this.#byVersion.get(arn) ?? new Map<string, EnvironmentPool>();
    this.#byVersion.set(arn, pools);
    const existing = pools.get(version.incarnation);
    if (existing !== undefined) return existing;
    const pool = this.#createPool(version, () => {
      if (pools.get(version.incarnation) === pool) pools.delete(version.incarnation);
      if (pools.size === 0 && this.#byVersion.get(arn) === pools) this.#byVersion.delete(arn);
    });
    pools.set(version.incarnation, pool);
    return pool;
  }

  retire(arn: string, keepIncarnation: string | undefined): void {
    const reason =
      keepIncarnation === undefined ? 'the function was deleted' : 'the function was updated';
    for (const [incarnation, pool] of this.#byVersion.get(arn) ?? []) {
      if (incarnation !== keepIncarnation) pool.retire(reason);
    }
  }

  get pools(): readonly EnvironmentPool[] {
    return [...this.#byVersion.values()].flatMap((pools) => [...pools.values()]);
  }
}
