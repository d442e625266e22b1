import type { Clock } from '../../lib/clock.ts';
import type { BusRecord } from './bus-record.ts';
import type { NamedKey, RecordRepository } from '../record-repository.ts';
import type { RuleKey, RuleRecord } from './rule-record.ts';

export type RuleRepository = RecordRepository<RuleKey, RuleRecord>;
export type BusRepository = RecordRepository<NamedKey, BusRecord>;

/** What the operations of EventBridge work with. */
export interface EventsRoom {
  readonly rules: RuleRepository;
  readonly buses: BusRepository;
  readonly clock: Clock;
  /** Another server has the buses: nothing of what is put on them is seen here. */
  readonly forwards: boolean;
}
