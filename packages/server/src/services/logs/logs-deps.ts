import type { Clock } from '../../lib/clock.ts';
import type { LogStore } from '../../observe/log-store/log-store.ts';

/** What the operations of CloudWatch Logs work with. */
export interface LogsDeps {
  readonly logs: LogStore;
  readonly clock: Clock;
}
