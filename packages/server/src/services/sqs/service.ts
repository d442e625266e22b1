/** SQS as Hearth serves it: all of its operations, on the durable queue. */
import { serviceOf, type Service } from '../../core/operation.ts';
import { closeable, type Closeable } from '../../lib/lifetime.ts';
import type { Store } from '../../store/store.ts';
import {
  changeMessageVisibility,
  changeMessageVisibilityBatch,
} from './change-message-visibility.ts';
import { createQueue } from './create-queue.ts';
import { deleteMessage, deleteMessageBatch } from './delete-message.ts';
import { deleteQueue, purgeQueue } from './delete-queue.ts';
import { dropOrphans } from './drop-orphans.ts';
import { getQueueAttributes, setQueueAttributes } from './get-queue-attributes.ts';
import { getQueueUrl, listDeadLetterSourceQueues, listQueues } from './list-queues.ts';
import {
  cancelMessageMoveTask,
  listMessageMoveTasks,
  startMessageMoveTask,
} from './message-move-task.ts';
import { MoveTasks } from './move-tasks.ts';
import { addPermission, removePermission } from './queue-permissions.ts';
import { messagesOf, secondsOf } from './queue-record.ts';
import { QueueRepository } from './queue-repository.ts';
import { listQueueTags, tagQueue, untagQueue } from './queue-tags.ts';
import { receiveMessage } from './receive-message.ts';
import { sendMessage, sendMessageBatch } from './send-message.ts';
import type { SqsRoom } from './sqs-deps.ts';

export interface SqsService extends Service, Closeable {
  /** Rows of queues that were not what had been written. */
  readonly damagedRows: number;
  /** Callers that wait for a message are answered now, those that come later at once. */
  endWaits(): void;
}

export type SqsDeps = Omit<SqsRoom, 'records' | 'tasks' | 'ending'> & { readonly store: Store };

/** How often messages are looked for that are past their retention and that nobody receives. */
const EXPIRY_INTERVAL_MS = 60_000;

export async function openSqsService(deps: SqsDeps): Promise<SqsService> {
  const records = await QueueRepository.open(deps.store, deps.logger);
  const tasks = new MoveTasks({ ...deps, records });
  const ending = new AbortController();
  const room: SqsRoom = { ...deps, records, tasks, ending: ending.signal };
  const dropping = dropOrphans(room);
  const expiry = setInterval(() => void expire(room), EXPIRY_INTERVAL_MS);
  return {
    ...serviceOf('sqs', operationsOf(room)),
    get damagedRows() {
      return records.damagedRows;
    },
    endWaits: () => ending.abort(),
    ...closeable(async () => {
      ending.abort();
      clearInterval(expiry);
      await dropping;
      await tasks.lifetime.close();
    }),
  };
}

export function operationsOf(room: SqsRoom): Parameters<typeof serviceOf>[1] {
  return [
    addPermission(room),
    cancelMessageMoveTask(room),
    changeMessageVisibility(room),
    changeMessageVisibilityBatch(room),
    createQueue(room),
    deleteMessage(room),
    deleteMessageBatch(room),
    deleteQueue(room),
    getQueueAttributes(room),
    getQueueUrl(room),
    listDeadLetterSourceQueues(room),
    listMessageMoveTasks(room),
    listQueueTags(room),
    listQueues(room),
    purgeQueue(room),
    receiveMessage(room),
    removePermission(room),
    sendMessage(room),
    sendMessageBatch(room),
    setQueueAttributes(room),
    startMessageMoveTask(room),
    tagQueue(room),
    untagQueue(room),
  ];
}

async function expire({ records, messages, clock, logger }: SqsRoom): Promise<void> {
  for (const record of records.all()) {
    const beforeMs = clock.nowMs() - secondsOf(record, 'MessageRetentionPeriod') * 1_000;
    try {
      await messages.expire(messagesOf(record), beforeMs);
    } catch (error) {
      // The next round tries again; what is too old is handed out to nobody in the meantime.
      logger.warn('old messages could not be removed', { queue: record.name, error });
    }
  }
}
