import type { CallAs } from '../../core/call-as.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Logger } from '../../lib/logger.ts';
import type { ObjectStore } from '../../objects/object-store.ts';
import type { ObjectEvents } from './object-events.ts';

/** What the operations of S3 work with. */
export interface S3Deps {
  readonly objects: ObjectStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly callAs: CallAs;
  readonly events: ObjectEvents;
  /** EventBridge's are here, and not another server's, which takes no events of ours for S3's. */
  readonly hasEventBuses: boolean;
}
