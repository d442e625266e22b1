/** Which days of one month the day fields of a cron expression mean. */

/** Weekdays are 1 (Sunday) to 7 (Saturday), days and months count from 1. */
export type DayRule =
  | { readonly kind: 'days-of-month'; readonly days: readonly number[] }
  | { readonly kind: 'last-day' }
  | { readonly kind: 'last-workday' }
  /** Monday to Friday, within the month. */
  | { readonly kind: 'nearest-workday'; readonly day: number }
  | { readonly kind: 'weekdays'; readonly weekdays: readonly number[] }
  | { readonly kind: 'last-weekday'; readonly weekday: number }
  | { readonly kind: 'nth-weekday'; readonly weekday: number; readonly nth: number };

/** Sorted, each once. */
export function daysOfMonth(
  rules: readonly DayRule[],
  year: number,
  month: number,
): readonly number[] {
  const shape = { length: lengthOf(year, month), first: weekdayOf(year, month, 1) };
  const days = new Set(rules.flatMap((rule) => daysOfRule(rule, shape)));
  return [...days].filter((day) => day <= shape.length).toSorted((one, other) => one - other);
}

/** All that days depend on. */
interface MonthShape {
  readonly length: number;
  /** The weekday of its first day. */
  readonly first: number;
}

function daysOfRule(rule: DayRule, shape: MonthShape): readonly number[] {
  switch (rule.kind) {
    case 'days-of-month':
      return rule.days;
    case 'last-day':
      return [shape.length];
    case 'last-workday':
      return [nearestWorkday(shape, shape.length)];
    case 'nearest-workday':
      return rule.day > shape.length ? [] : [nearestWorkday(shape, rule.day)];
    case 'weekdays':
      return rule.weekdays.flatMap((weekday) => allOfWeekday(shape, weekday));
    case 'last-weekday':
      return allOfWeekday(shape, rule.weekday).slice(-1);
    case 'nth-weekday':
      return allOfWeekday(shape, rule.weekday).slice(rule.nth - 1, rule.nth);
  }
}

function allOfWeekday({ length, first }: MonthShape, weekday: number): readonly number[] {
  const days: number[] = [];
  for (let day = 1 + ((weekday - first + 7) % 7); day <= length; day += 7) days.push(day);
  return days;
}

const SUNDAY = 1;
const SATURDAY = 7;

/** The Friday before a Saturday and the Monday after a Sunday, unless that is another month. */
function nearestWorkday({ length, first }: MonthShape, day: number): number {
  const weekday = ((first - 1 + day - 1) % 7) + 1;
  if (weekday === SATURDAY) return day === 1 ? day + 2 : day - 1;
  if (weekday === SUNDAY) return day === length ? day - 2 : day + 1;
  return day;
}

function lengthOf(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function weekdayOf(year: number, month: number, day: number): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;
}
