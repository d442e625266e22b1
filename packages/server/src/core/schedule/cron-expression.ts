/**
 * The six fields of EventBridge's cron: minutes, hours, day of the month, month, day of the week, year.
 * Each becomes the sorted values it stands for; days become rules, as they differ from month to month.
 */
import type { DayRule } from './cron-days.ts';
import { InvalidSchedule } from './invalid-schedule.ts';

export interface CronExpression {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** A day that any of them names. */
  readonly days: readonly DayRule[];
  /** 1 to 12. */
  readonly months: readonly number[];
  readonly years: readonly number[];
}

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** The names of `least`, `least + 1`, ... */
  readonly names?: readonly string[];
}

const MONTHS = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ');
const WEEKDAYS = 'SUN MON TUE WED THU FRI SAT'.split(' ');
const SATURDAY = 7;

const minute: Field = { name: 'minutes', least: 0, most: 59 };
const hour: Field = { name: 'hours', least: 0, most: 23 };
const monthDay: Field = { name: 'day of the month', least: 1, most: 31 };
const month: Field = { name: 'month', least: 1, most: 12, names: MONTHS };
const weekday: Field = { name: 'day of the week', least: 1, most: SATURDAY, names: WEEKDAYS };
const year: Field = { name: 'year', least: 1970, most: 2199 };

/** What stands between the parentheses. Throws `InvalidSchedule`. */
export function parseCron(inside: string): CronExpression {
  const fields = inside.split(/\s+/);
  const [minutes, hours, daysOfMonth, months, daysOfWeek, years] = fields;
  if (
    fields.length !== 6 ||
    minutes === undefined ||
    hours === undefined ||
    daysOfMonth === undefined ||
    months === undefined ||
    daysOfWeek === undefined ||
    years === undefined
  ) {
    throw new InvalidSchedule('A cron expression has six fields.');
  }
  return {
    minutes: valuesOf(minute, minutes),
    hours: valuesOf(hour, hours),
    days: daysOf(daysOfMonth, daysOfWeek),
    months: valuesOf(month, months),
    years: valuesOf(year, years),
  };
}

/** AWS: exactly one of the two says something, and the other is a question mark. */
function daysOf(ofMonth: string, ofWeek: string): readonly DayRule[] {
  if ((ofMonth === '?') === (ofWeek === '?')) {
    throw new InvalidSchedule('One of the day of the month and the day of the week must be "?".');
  }
  return ofWeek === '?'
    ? ofMonth.split(',').map(dayOfMonthRule)
    : ofWeek.split(',').map(dayOfWeekRule);
}

function dayOfMonthRule(text: string): DayRule {
  if (text === 'L') return { kind: 'last-day' };
  if (text === 'LW') return { kind: 'last-workday' };
  const [, near] = /^(\d+)W$/.exec(text) ?? [];
  if (near !== undefined) return { kind: 'nearest-workday', day: valueOf(monthDay, near) };
  return { kind: 'days-of-month', days: itemValues(monthDay, text) };
}

function dayOfWeekRule(text: string): DayRule {
  // AWS: the last day of the week is its seventh.
  if (text === 'L') return { kind: 'weekdays', weekdays: [SATURDAY] };
  const [, last] = /^(\w+)L$/.exec(text) ?? [];
  if (last !== undefined) return { kind: 'last-weekday', weekday: valueOf(weekday, last) };
  const [, named = '', count] = /^(\w+)#([1-5])$/.exec(text) ?? [];
  if (count !== undefined) {
    return { kind: 'nth-weekday', weekday: valueOf(weekday, named), nth: Number(count) };
  }
  return { kind: 'weekdays', weekdays: itemValues(weekday, text) };
}

function valuesOf(field: Field, text: string): readonly number[] {
  const values = new Set(text.split(',').flatMap((item) => itemValues(field, item)));
  return [...values].toSorted((left, right) => left - right);
}

/** `*`, `5`, `2-7`, and each of them with `/step`; `5/10` runs from 5 to the end. */
function itemValues(field: Field, item: string): readonly number[] {
  const [, range = '', stepText] = /^([^/]+)(?:\/(\d{1,4}))?$/.exec(item) ?? [];
  const step = Number(stepText ?? 1);
  if (step === 0) throw outOfField(field, item);
  const [from, to] = boundsOf(field, range, stepText !== undefined);
  if (from > to) throw outOfField(field, item);
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
}

function boundsOf(
  field: Field,
  range: string,
  hasStep: boolean,
): readonly [from: number, to: number] {
  if (range === '*') return [field.least, field.most];
  const ends = range.split('-');
  const [first = '', last] = ends;
  if (ends.length > 2) throw outOfField(field, range);
  const from = valueOf(field, first);
  if (last !== undefined) return [from, valueOf(field, last)];
  return [from, hasStep ? field.most : from];
}

function valueOf(field: Field, text: string): number {
  const named = field.names?.indexOf(text.toUpperCase()) ?? -1;
  if (named !== -1) return field.least + named;
  const value = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= field.least && value <= field.most) return value;
  throw outOfField(field, text);
}

function outOfField({ name }: Field, text: string): InvalidSchedule {
  return new InvalidSchedule(`"${text}" is nothing that the field for the ${name} can hold.`);
}
