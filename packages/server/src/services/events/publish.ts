/**
 * Events that were put on a bus. What the targets of the rules that match are to be sent is durable when the
 * event has been taken; a bus that is not there takes everything and sends nothing, as AWS's.
 */
import { parseEventPattern, type EventPattern } from '../../core/event-pattern/event-pattern.ts';
import type { Statement } from '../../store/store.ts';
import type { EventsRoom } from './events-deps.ts';
import { fireRule, type Fired } from './fire-rule.ts';
import type { NamedKey } from '../record-repository.ts';
import { busNameOf, type RuleRecord } from './rule-record.ts';

export interface PublishedEvent extends Fired {
  readonly bus: NamedKey;
}

export interface Publisher {
  /** Resolves when they are durable. */
  publish(events: readonly PublishedEvent[]): Promise<void>;
}

/** `onFired`: somebody has to be sent something. */
export function createPublisher(
  { rules, clock }: Pick<EventsRoom, 'rules' | 'clock'>,
  onFired: () => void,
): Publisher {
  const statementsOf = ({ bus, ...fired }: PublishedEvent, nowMs: number): readonly Statement[] =>
    rules
      .list(bus)
      .filter((rule) => rule.isEnabled && busNameOf(rule) === bus.name)
      .filter((rule) => patternOf(rule)?.matches(fired.event) === true)
      .flatMap((rule) => fireRule(rule, fired, nowMs));
  return {
    publish: async (events) => {
      const nowMs = clock.nowMs();
      const statements = events.flatMap((each) => statementsOf(each, nowMs));
      if (statements.length === 0) return;
      await rules.store.write(statements);
      onFired();
    },
  };
}

/** Records do not change: what is compiled of one is kept as long as it. */
const compiled = new WeakMap<RuleRecord, EventPattern>();

function patternOf(rule: RuleRecord): EventPattern | undefined {
  if (rule.pattern === undefined) return undefined;
  const known = compiled.get(rule) ?? parseEventPattern(rule.pattern);
  compiled.set(rule, known);
  return known;
}
