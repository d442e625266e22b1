/** The first time that a cron expression names after a moment. */
import { daysOfMonth } from './cron-days.ts';
import type { CronExpression } from './cron-expression.ts';

const MINUTE_MS = 60_000;

/** Milliseconds since 1970, in UTC; undefined where no time is left. */
export function nextCronTime(expression: CronExpression, afterMs: number): number | undefined {
  const earliest = new Date((Math.floor(afterMs / MINUTE_MS) + 1) * MINUTE_MS);
  const { minutes, hours, days, months, years } = expression;
  const [firstHour, firstMinute] = [hours[0] ?? 0, minutes[0] ?? 0];
  for (const year of years.filter((each) => each >= earliest.getUTCFullYear())) {
    for (const month of months) {
      for (const day of daysOfMonth(days, year, month)) {
        const date = Date.UTC(year, month - 1, day);
        const startOfDay = Math.floor(earliest.getTime() / DAY_MS) * DAY_MS;
        if (date < startOfDay) continue;
        if (date > startOfDay) return date + firstHour * HOUR_MS + firstMinute * MINUTE_MS;
        const today = timeOfDay(expression, earliest);
        if (today !== undefined) return date + today;
      }
    }
  }
  return undefined;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Milliseconds after midnight; undefined where the rest of the day has none. */
function timeOfDay({ minutes, hours }: CronExpression, earliest: Date): number | undefined {
  const thisHour = earliest.getUTCHours();
  for (const hour of hours.filter((each) => each >= thisHour)) {
    const least = hour === thisHour ? earliest.getUTCMinutes() : 0;
    const minute = minutes.find((each) => each >= least);
    if (minute !== undefined) return hour * HOUR_MS + minute * MINUTE_MS;
  }
  return undefined;
}
