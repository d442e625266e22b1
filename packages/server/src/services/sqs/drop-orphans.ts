/** Messages of a queue that was deleted while the server ended before they were. */
import { once } from 'node:events';
import { messagesOf } from './queue-record.ts';
import type { SqsRoom } from './sqs-deps.ts';

export type OrphanDeps = Pick<SqsRoom, 'records' | 'messages' | 'ending' | 'logger'>;

/** At the start of a server. Never rejects; one that ends meanwhile leaves the rest to the next. */
export async function dropOrphans(deps: OrphanDeps): Promise<void> {
  const { records, messages, ending, logger } = deps;
  try {
    // A large backlog is read for minutes: no end of the server waits for that.
    await Promise.race([messages.loaded, once(ending, 'abort')]);
    const places = new Set([...records.all()].map(messagesOf));
    for (const name of messages.names()) {
      if (ending.aborted || records.damagedRows > 0) return;
      if (!name.startsWith('sqs/') || places.has(name)) continue;
      // Read and verified first: what only seems to be of such a queue is set aside.
      await messages.expire(name, Number.POSITIVE_INFINITY);
      await messages.drop(name);
    }
  } catch (error) {
    logger.warn('messages of deleted queues could not be removed', { error });
  }
}
