/** What an environment needs of the rooms around it. */
import type { Logger } from '../lib/logger.ts';
import type { LogShipper } from './log/log-shipper.ts';
import type { PreparationDeps } from './prepare-environment.ts';
import type { RuntimeDeps } from './running-runtime.ts';

export interface EnvironmentDeps extends PreparationDeps, RuntimeDeps {
  readonly logs: LogShipper;
  readonly logger: Logger;
  /** Shorter in tests. */
  readonly initTimeoutMs?: number;
  /** How long it is idle before its processes are frozen. */
  readonly freezeAfterMs?: number;
  /** How old it may become. */
  readonly maxAgeMs?: number;
}
