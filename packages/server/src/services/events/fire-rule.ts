/** What the targets of a rule are sent of an event, as rows that are written with what it comes from. */
import type { Statement } from '../../store/store.ts';
import type { BusEvent } from './bus-event.ts';
import { deliveryStatement } from '../deliveries.ts';
import { ruleDeliveries } from './rule-deliveries.ts';
import { ruleArn, type RuleRecord } from './rule-record.ts';
import { targetInput } from './target-input.ts';

export interface Fired {
  readonly event: BusEvent;
  /** The event as it was put, where numbers in it are more exact than ours. */
  readonly text?: string;
  readonly traceHeader?: string | undefined;
}

export function fireRule(
  rule: RuleRecord,
  { event, text, traceHeader }: Fired,
  nowMs: number,
): readonly Statement[] {
  const arn = ruleArn(rule);
  const occasion = {
    ruleArn: arn,
    ruleName: rule.name,
    event,
    text,
    receivedAt: new Date(nowMs).toISOString(),
  };
  return rule.targets.map((target) => {
    const { input: _input, inputPath: _path, transformer: _transformer, ...where } = target;
    return deliveryStatement(ruleDeliveries, {
      ruleArn: arn,
      account: rule.account,
      target: where,
      body: targetInput(target, occasion),
      createdMs: nowMs,
      ...(traceHeader === undefined ? {} : { traceHeader }),
    });
  });
}
