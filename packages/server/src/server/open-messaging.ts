/** Queues, topics and event buses: Hearth's own, or those of another server. */
import type { CallAs } from '../core/call-as.ts';
import type { Service } from '../core/operation.ts';
import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import type { Logger } from '../lib/logger.ts';
import { openEventsService, type EventsService } from '../services/events/service.ts';
import { createForwardedTopics } from '../services/sns/forwarded-topics.ts';
import { openSnsService, type SnsService } from '../services/sns/service.ts';
import { createForwardedQueues } from '../services/sqs/forwarded-queues.ts';
import { openSqsService, type SqsService } from '../services/sqs/service.ts';
import type { Store } from '../store/store.ts';
import type { DurableQueue } from '../store/queue/durable-queue.ts';
import type { Upstreams } from './upstreams.ts';

export interface Messaging {
  readonly sqs: SqsService;
  readonly events: EventsService;
  /** Those that answer for topics, of whichever server. */
  readonly topics: Service & Partial<Pick<SnsService, 'start' | 'damagedRows'>>;
}

export interface MessagingDeps {
  readonly upstreams: Upstreams;
  readonly store: Store;
  readonly messages: DurableQueue;
  readonly callAs: CallAs;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  /** They are closed with these, in reverse. */
  readonly parts: AsyncDisposableStack;
}

export async function openMessaging({
  upstreams,
  messages,
  parts,
  ...deps
}: MessagingDeps): Promise<Messaging> {
  const { sqs, sns, events } = upstreams;
  const ofQueues = { ...deps, messages };
  return {
    events: parts.use(await openEventsService({ ...deps, upstream: events })),
    topics: sns === undefined ? parts.use(await openSnsService(deps)) : createForwardedTopics(sns),
    sqs: parts.use(
      sqs === undefined ? await openSqsService(ofQueues) : createForwardedQueues(ofQueues, sqs),
    ),
  };
}
