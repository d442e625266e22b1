import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Logger } from '../../lib/logger.ts';
import type { DurableQueue } from '../../store/queue/durable-queue.ts';
import type { MoveTasks } from './move-tasks.ts';
import type { QueueRepository } from './queue-repository.ts';

/** What the operations of SQS work with. */
export interface SqsRoom {
  readonly records: QueueRepository;
  readonly messages: DurableQueue;
  readonly tasks: MoveTasks;
  /** The server ends: nobody waits for messages any longer. */
  readonly ending: AbortSignal;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
}
