/**
 * Fires the rules that are due. A firing is one transaction: the next time of the rule and what its
 * targets are to be sent; so a server that is killed neither loses nor doubles one.
 */
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Logger } from '../../lib/logger.ts';
import { startRounds, type Rounds } from '../../lib/rounds.ts';
import type { Statement } from '../../store/store.ts';
import type { RuleRepository } from './events-deps.ts';
import { fireRule } from './fire-rule.ts';
import { ruleArn, type RuleRecord } from './rule-record.ts';
import { afterClockStep, afterFiring, afterStart, isMissed } from './rule-timing.ts';
import { scheduledEvent } from './scheduled-event.ts';

export interface SchedulerDeps {
  readonly rules: RuleRepository;
  /** Somebody has to be sent something. */
  readonly onFired: () => void;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
}

const LOOK_MS = 1_000;
/** By more than this a clock is not slewed, it is set; or the machine has slept. */
const STEP_MS = 2_000;

export async function startScheduler(deps: SchedulerDeps): Promise<Rounds> {
  const { rules, clock, logger } = deps;
  await changeAll(rules, (record) => {
    const nowMs = clock.nowMs();
    if (isMissed(record, nowMs)) logger.warn('schedule.missed', { rule: ruleArn(record) });
    return afterStart(record, nowMs);
  });
  let lastOffsetMs = clockOffset(clock);
  const round = async (): Promise<void> => {
    const offsetMs = clockOffset(clock);
    const stepMs = offsetMs - lastOffsetMs;
    lastOffsetMs = offsetMs;
    if (Math.abs(stepMs) > STEP_MS) {
      logger.warn('clock.stepped', { stepMs: Math.round(stepMs) });
      await changeAll(rules, (record) => afterClockStep(record, clock.nowMs(), Math.round(stepMs)));
    }
    await fireDue(deps);
  };
  return startRounds(round, {
    everyMs: LOOK_MS,
    // What is due now is due in the next round as well.
    onError: (error) => logger.error('schedule.failed', { error }),
  });
}

/** Changes when the wall clock is set, and only then. */
function clockOffset(clock: Clock): number {
  return clock.nowMs() - clock.monotonicMs();
}

async function changeAll(
  rules: RuleRepository,
  change: (record: RuleRecord) => RuleRecord,
): Promise<void> {
  await Promise.all(
    rules.all().map((each) => rules.change(each, (record) => record && change(record))),
  );
}

async function fireDue(deps: SchedulerDeps): Promise<void> {
  const { rules, clock, onFired } = deps;
  const nowMs = clock.nowMs();
  const isDue = ({ dueMs }: RuleRecord): boolean => dueMs !== undefined && dueMs <= nowMs;
  const due = rules.all().filter(isDue);
  if (due.length === 0) return;
  await Promise.all(
    due.map((each) =>
      rules.change(
        each,
        // It may have been disabled or changed just now.
        (record) => (record !== undefined && isDue(record) ? afterFiring(record, nowMs) : record),
        (record) => deliveriesOf(deps, record, nowMs),
      ),
    ),
  );
  onFired();
}

function deliveriesOf(
  { ids }: SchedulerDeps,
  rule: RuleRecord | undefined,
  nowMs: number,
): readonly Statement[] {
  if (rule?.dueMs === undefined) return [];
  return fireRule(rule, { event: scheduledEvent(rule, ids.uuid(), rule.dueMs) }, nowMs);
}
