/** SNS as Hearth serves it: standard topics, whose messages functions and queues get. */
import type { CallAs } from '../../core/call-as.ts';
import { serviceOf, type Service } from '../../core/operation.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import { closeable, type Closeable } from '../../lib/lifetime.ts';
import type { Logger } from '../../lib/logger.ts';
import type { Rounds } from '../../lib/rounds.ts';
import type { Store } from '../../store/store.ts';
import { startDeliveries } from '../deliveries.ts';
import { RecordRepository, type NamedKey } from '../record-repository.ts';
import { snsMigrations } from './migrations.ts';
import { publish, publishBatch } from './publish.ts';
import type { SnsRoom } from './sns-deps.ts';
import { subscribe } from './subscribe.ts';
import { subscriptionArn, type SubscriptionRecord } from './subscription-record.ts';
import {
  getSubscriptionAttributes,
  listSubscriptions,
  listSubscriptionsByTopic,
  setSubscriptionAttributes,
  unsubscribe,
} from './subscriptions.ts';
import { listTagsForResource, tagResource, untagResource } from './tags.ts';
import { topicDeliveries } from './topic-deliveries.ts';
import { addPermission, removePermission } from './topic-policy.ts';
import { topicArn, type TopicRecord } from './topic-record.ts';
import {
  createTopic,
  deleteTopic,
  getTopicAttributes,
  listTopics,
  setTopicAttributes,
} from './topics.ts';

export interface SnsService extends Service, Closeable {
  /** Rows of topics and subscriptions that were not what had been written. */
  readonly damagedRows: number;
  /** From now on messages are delivered. Called once, when subscribers can be reached. */
  start(): void;
  /** Once started: delivers what is due now; resolves when that has been tried. */
  run(): Promise<void>;
}

export interface SnsDeps {
  readonly store: Store;
  readonly callAs: CallAs;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
}

export async function openSnsService(deps: SnsDeps): Promise<SnsService> {
  const { store, clock, ids, logger } = deps;
  await store.migrate('sns', snsMigrations);
  const topics = await RecordRepository.open<NamedKey, TopicRecord>(
    store,
    { table: 'sns_topics', arnOf: topicArn },
    logger,
  );
  const subscriptions = await RecordRepository.open<NamedKey, SubscriptionRecord>(
    store,
    { table: 'sns_subscriptions', arnOf: subscriptionArn },
    logger,
  );
  const room = { topics, subscriptions, clock, ids };
  let deliveries: Rounds | undefined;
  return {
    ...serviceOf(
      'sns',
      operationsOf(room, () => deliveries?.look()),
    ),
    get damagedRows() {
      return topics.damagedRows + subscriptions.damagedRows;
    },
    start: () => {
      deliveries = startDeliveries(deps, topicDeliveries);
    },
    run: async () => {
      await deliveries?.run();
    },
    ...closeable(async () => {
      await deliveries?.close();
    }),
  };
}

function operationsOf(room: SnsRoom, onPublished: () => void): Parameters<typeof serviceOf>[1] {
  return [
    addPermission(room),
    createTopic(room),
    deleteTopic(room),
    getSubscriptionAttributes(room),
    getTopicAttributes(room),
    listSubscriptions(room),
    listSubscriptionsByTopic(room),
    listTagsForResource(room),
    listTopics(room),
    publish({ room, onPublished }),
    publishBatch({ room, onPublished }),
    removePermission(room),
    setSubscriptionAttributes(room),
    setTopicAttributes(room),
    subscribe(room),
    tagResource(room),
    unsubscribe(room),
    untagResource(room),
  ];
}
