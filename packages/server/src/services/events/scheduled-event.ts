/** The event of a rule that was due, as its targets know it. */
import { eventTime, type BusEvent } from './bus-event.ts';
import { ruleArn, type RuleRecord } from './rule-record.ts';

/** `dueMs` is when it was due. */
export function scheduledEvent(rule: RuleRecord, id: string, dueMs: number): BusEvent {
  return {
    version: '0',
    id,
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: rule.account,
    time: eventTime(dueMs),
    region: rule.region,
    resources: [ruleArn(rule)],
    detail: {},
  };
}
