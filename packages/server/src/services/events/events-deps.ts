import type { Clock } from '../../lib/clock.ts';
import type { RuleRepository } from './rule-repository.ts';

/** What the operations of EventBridge work with. */
export interface EventsRoom {
  readonly rules: RuleRepository;
  readonly clock: Clock;
}
