import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import type { NamedKey, RecordRepository } from '../record-repository.ts';
import type { SubscriptionRecord } from './subscription-record.ts';
import type { TopicRecord } from './topic-record.ts';

/** What the operations of SNS work with. */
export interface SnsRoom {
  readonly topics: RecordRepository<NamedKey, TopicRecord>;
  readonly subscriptions: RecordRepository<NamedKey, SubscriptionRecord>;
  readonly clock: Clock;
  readonly ids: Ids;
}
