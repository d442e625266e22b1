/** The event of a rule that was due, as its targets know it. */
import { ruleArn, type RuleRecord } from './rule-record.ts';

export interface ScheduledEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': 'Scheduled Event';
  readonly source: 'aws.events';
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly [string];
  readonly detail: object;
}

/** `dueMs` is when it was due, which its time tells to the second. */
export function scheduledEvent(rule: RuleRecord, id: string, dueMs: number): ScheduledEvent {
  return {
    version: '0',
    id,
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: rule.account,
    time: `${new Date(dueMs).toISOString().slice(0, 19)}Z`,
    region: rule.region,
    resources: [ruleArn(rule)],
    detail: {},
  };
}
