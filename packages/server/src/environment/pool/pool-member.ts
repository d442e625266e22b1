/** What waits in a pool: of use to one function, once. */
import type { Sandbox } from '../../sandbox/driver.ts';

export interface PoolMember {
  readonly sandbox: Sandbox;
  /** Whether it may be given out now. */
  readonly isReady: boolean;
  destroy(reason: string): Promise<void>;
}
