/**
 * When a rule is due, as a function of its record and the clock. A rate counts elapsed time; a cron
 * expression names times of the clock, and each of them fires once, however the clock is set.
 */
import { nextDueMs, parseSchedule, type Schedule } from '../../core/schedule/schedule.ts';
import type { RuleRecord } from './rule-record.ts';

/** A time that passed while nobody looked is made up for within so much, at the next start. */
const MADE_UP_FOR_MS = 300_000;
/** A clock that goes back by more was wrong before: what fired then is no measure any more. */
const LONGEST_STEP_MS = 86_400_000;

/** From now on: for a rule that is new, enabled again, or has another schedule, if it has one. */
export function startCounting(record: RuleRecord, nowMs: number): RuleRecord {
  const { firedMs: _, ...rest } = record;
  return withDue({ ...rest, countedFromMs: nowMs }, nowMs);
}

export function stopCounting(record: RuleRecord): RuleRecord {
  const { dueMs: _, ...rest } = record;
  return rest;
}

/** One firing stands for all times that have passed since it was due. */
export function afterFiring(record: RuleRecord, nowMs: number): RuleRecord {
  const { dueMs = nowMs } = record;
  return withDue({ ...record, countedFromMs: dueMs, firedMs: dueMs }, nowMs);
}

/** The time was due while the server did not run, longer ago than is made up for. */
export function isMissed({ dueMs }: RuleRecord, nowMs: number): boolean {
  return dueMs !== undefined && dueMs < nowMs - MADE_UP_FOR_MS;
}

/** Skips what was missed, and puts right what a clock that was set meanwhile has left. */
export function afterStart(record: RuleRecord, nowMs: number): RuleRecord {
  if (record.dueMs === undefined) return record;
  if (isMissed(record, nowMs)) return withDue({ ...record, countedFromMs: record.dueMs }, nowMs);
  return record.dueMs > nowMs ? afterStepBack(record, nowMs) : record;
}

/**
 * The running clock was set, forward or back by so much. A rate goes on as if it had not been; a cron
 * expression whose time was jumped over is due at once.
 */
export function afterClockStep(record: RuleRecord, nowMs: number, stepMs: number): RuleRecord {
  if (record.dueMs === undefined) return record;
  if (scheduleOf(record)?.kind === 'rate') {
    return {
      ...record,
      dueMs: record.dueMs + stepMs,
      countedFromMs: record.countedFromMs + stepMs,
    };
  }
  return record.dueMs > nowMs ? afterStepBack(record, nowMs) : record;
}

/** The clock may be earlier than it was when the next time was found. */
function afterStepBack(record: RuleRecord, nowMs: number): RuleRecord {
  const schedule = scheduleOf(record);
  if (schedule?.kind === 'rate') {
    // A rate is never due later than one interval from now.
    const isSound = (record.dueMs ?? nowMs) <= nowMs + schedule.everyMs;
    return isSound ? record : withDue({ ...record, countedFromMs: nowMs }, nowMs);
  }
  const { firedMs = 0 } = record;
  const isRecent = firedMs > nowMs && firedMs - nowMs <= LONGEST_STEP_MS;
  const next = withDue(record, isRecent ? firedMs : nowMs);
  return next.dueMs === record.dueMs ? record : next;
}

function scheduleOf({ schedule }: RuleRecord): Schedule | undefined {
  return schedule === undefined ? undefined : parseSchedule(schedule);
}

function withDue(record: RuleRecord, afterMs: number): RuleRecord {
  const schedule = scheduleOf(record);
  const dueMs = schedule && nextDueMs(schedule, afterMs, record.countedFromMs);
  const rest = stopCounting(record);
  return dueMs === undefined ? rest : { ...rest, dueMs };
}
