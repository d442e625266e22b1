/**
 * When a rule of EventBridge is due: `rate(value unit)` or `cron(six fields)`, always in UTC and to the
 * minute. Pure; the clock is the caller's.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
 */
import { parseCron, type CronExpression } from './cron-expression.ts';
import { InvalidSchedule } from './invalid-schedule.ts';
import { nextCronTime } from './next-cron-time.ts';

export type Schedule =
  | { readonly kind: 'rate'; readonly everyMs: number }
  | { readonly kind: 'cron'; readonly expression: CronExpression };

/** Throws `InvalidSchedule`. */
export function parseSchedule(text: string): Schedule {
  const [, kind, inside = ''] = /^(rate|cron)\((.*)\)$/s.exec(text) ?? [];
  if (kind === 'rate') return { kind, everyMs: parseRate(inside) };
  if (kind === 'cron') return { kind, expression: parseCron(inside) };
  throw new InvalidSchedule('A schedule is rate(value unit) or cron(six fields).');
}

/**
 * The first time after `afterMs`; undefined where there is none any more. A rate counts from `fromMs`:
 * when the rule was made, or when it was due before.
 */
export function nextDueMs(schedule: Schedule, afterMs: number, fromMs: number): number | undefined {
  if (schedule.kind === 'cron') return nextCronTime(schedule.expression, afterMs);
  const { everyMs } = schedule;
  return fromMs + (Math.floor(Math.max(0, afterMs - fromMs) / everyMs) + 1) * everyMs;
}

const unitsMs: Readonly<Record<string, number | undefined>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/** AWS: a value of 1 has the unit in the singular, and no other value has; nothing else is accepted. */
function parseRate(inside: string): number {
  const [, digits = '', unit = '', plural] = /^(\d{1,9}) (minute|hour|day)(s?)$/.exec(inside) ?? [];
  const value = Number(digits);
  const unitMs = unitsMs[unit];
  if (unitMs === undefined || value === 0 || (value === 1) !== (plural === '')) {
    throw new InvalidSchedule('A rate is a positive value and minutes, hours or days.');
  }
  return value * unitMs;
}
