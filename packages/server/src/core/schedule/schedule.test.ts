import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextDueMs, parseSchedule } from './schedule.ts';

/** The first times after a moment, to the minute. */
function timesOf(text: string, after: string, count: number): readonly string[] {
  const schedule = parseSchedule(text);
  const times: string[] = [];
  let last = Date.parse(after);
  while (times.length < count) {
    const next = nextDueMs(schedule, last, last);
    if (next === undefined) return [...times, 'never'];
    times.push(new Date(next).toISOString().slice(0, 16));
    last = next;
  }
  return times;
}

// 1 March 2026 is a Sunday.
describe('cron: the examples of the user guide', () => {
  test.each([
    ['cron(0 10 * * ? *)', '2026-03-01T10:00', '2026-03-02T10:00'],
    ['cron(15 12 * * ? *)', '2026-03-01T12:15', '2026-03-02T12:15'],
    ['cron(0 18 ? * MON-FRI *)', '2026-03-02T18:00', '2026-03-03T18:00'],
    ['cron(0 8 1 * ? *)', '2026-03-01T08:00', '2026-04-01T08:00'],
    ['cron(0/15 * * * ? *)', '2026-03-01T00:15', '2026-03-01T00:30'],
    ['cron(0/10 * ? * MON-FRI *)', '2026-03-02T00:00', '2026-03-02T00:10'],
    ['cron(0/5 8-17 ? * MON-FRI *)', '2026-03-02T08:00', '2026-03-02T08:05'],
    ['cron(0/30 20-23 ? * MON-FRI *)', '2026-03-02T20:00', '2026-03-02T20:30'],
    ['cron(0/30 0-2 ? * MON-FRI *)', '2026-03-02T00:00', '2026-03-02T00:30'],
    ['cron(0 2 ? * SAT *)', '2026-03-07T02:00', '2026-03-14T02:00'],
    ['cron(5,35 14 * * ? *)', '2026-03-01T14:05', '2026-03-01T14:35'],
    ['cron(15 10 ? * 6L 2002-2005)', 'never'],
    ['cron(15 10 ? * 6L 2026-2027)', '2026-03-27T10:15', '2026-04-24T10:15'],
    ['cron(0 2 ? * SAT#3 *)', '2026-03-21T02:00', '2026-04-18T02:00'],
    ['cron(0/5 5 ? JAN 1-5 2022)', 'never'],
    ['cron(1/10 * * * ? *)', '2026-03-01T00:01', '2026-03-01T00:11'],
    ['cron(0 0 3W * ? *)', '2026-03-03T00:00', '2026-04-03T00:00'],
    ['cron(0 0 ? * 3#2 *)', '2026-03-10T00:00', '2026-04-14T00:00'],
    ['cron(0 0 L * ? *)', '2026-03-31T00:00', '2026-04-30T00:00'],
    ['cron(0 0 ? * L *)', '2026-03-07T00:00', '2026-03-14T00:00'],
    ['cron(0 0 1 JAN,FEB,MAR ? *)', '2027-01-01T00:00', '2027-02-01T00:00'],
  ])('%s', (text, ...times) => {
    expect(timesOf(text, '2026-03-01T00:00:30Z', times[0] === 'never' ? 1 : 2)).toEqual(times);
  });
});

describe('cron: the corners', () => {
  test.each([
    ['a weekday near a Saturday is the Friday', 'cron(0 0 7W 3 ? 2026)', '2026-03-06T00:00'],
    ['near a Sunday the Monday', 'cron(0 0 8W 3 ? 2026)', '2026-03-09T00:00'],
    ['but of the same month: at its start', 'cron(0 0 1W 8 ? 2026)', '2026-08-03T00:00'],
    ['and at its end', 'cron(0 0 31W 5 ? 2026)', '2026-05-29T00:00'],
    ['a day that the month has not is none of it', 'cron(0 0 31W 4,5 ? 2026)', '2026-05-29T00:00'],
    ['the last weekday of a month', 'cron(0 0 LW 5 ? 2026)', '2026-05-29T00:00'],
    ['a fifth Monday is only in some months', 'cron(0 0 ? * 2#5 *)', '2026-03-30T00:00'],
    ['a leap day', 'cron(0 0 29 2 ? *)', '2028-02-29T00:00'],
    ['a step over a range', 'cron(0 1-9/4 * * ? *)', '2026-03-01T01:00'],
    ['a step over all', 'cron(*/20 * * * ? *)', '2026-03-01T00:20'],
    ['names in any case', 'cron(0 0 ? jan-feb Tue *)', '2027-01-05T00:00'],
    [
      'several days of the month, with one of them the last',
      'cron(0 0 15,L * ? *)',
      '2026-03-15T00:00',
    ],
    ['the last year', 'cron(59 23 31 12 ? 2199)', '2199-12-31T23:59'],
  ])('%s', (_, text, time) => {
    expect(timesOf(text, '2026-03-01T00:00:30Z', 1)).toEqual([time]);
  });

  test('a time is due after the moment, never at it, and seconds do not matter', () => {
    expect(timesOf('cron(30 9 * * ? *)', '2026-03-01T09:29:59.999Z', 1)).toEqual([
      '2026-03-01T09:30',
    ]);
    expect(timesOf('cron(30 9 * * ? *)', '2026-03-01T09:30:00Z', 1)).toEqual(['2026-03-02T09:30']);
  });

  test('every minute is due once, over the ends of days, months and years', () => {
    const schedule = parseSchedule('cron(* * * * ? *)');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (seconds) => {
        const afterMs = seconds * 1_000;
        expect(nextDueMs(schedule, afterMs, 0)).toBe((Math.floor(seconds / 60) + 1) * 60_000);
      }),
    );
  });
});

describe('rate', () => {
  test.each([
    ['rate(1 minute)', 60_000],
    ['rate(5 minutes)', 300_000],
    ['rate(1 hour)', 3_600_000],
    ['rate(12 hours)', 43_200_000],
    ['rate(1 day)', 86_400_000],
    ['rate(7 days)', 604_800_000],
  ])('%s', (text, everyMs) => {
    const schedule = parseSchedule(text);
    expect(nextDueMs(schedule, 1_500, 1_500)).toBe(1_500 + everyMs);
    // Where it was due long ago, the next time is still one of those it counts.
    expect(nextDueMs(schedule, 1_500 + 3 * everyMs + 7, 1_500)).toBe(1_500 + 4 * everyMs);
  });
});

// AWS refuses each of them.
test.each([
  'rate(10 seconds)',
  'rate(10 years)',
  'rate(1 minutes)',
  'rate(1 hours)',
  'rate(1 days)',
  'rate(10 minute)',
  'rate(10 day)',
  'rate()',
  'rate(10)',
  'rate(foo minutes)',
  'rate(0 minutes)',
  'rate(-10 minutes)',
  'rate(10 MINUTES)',
  'rate( 10 minutes )',
  ' rate(10 minutes)',
  'cron(0 1 * * * *)',
  'cron(0 1 ? * ? *)',
  'cron(7 20 * * NOT *)',
  'cron(INVALID)',
  'cron(0 dummy ? * MON-FRI *)',
  'cron(71 8 1 * ? *)',
  'cron(0 24 * * ? *)',
  'cron(0 0 32 * ? *)',
  'cron(0 0 0 * ? *)',
  'cron(0 0 1 13 ? *)',
  'cron(0 0 ? * 8 *)',
  'cron(0 0 ? * 2#6 *)',
  'cron(0 0 2#1 * ? *)',
  'cron(0 0 ? * 3W *)',
  'cron(L 0 * * ? *)',
  'cron(0 5-2 * * ? *)',
  'cron(0/0 * * * ? *)',
  'cron(0 1-2-3 * * ? *)',
  'cron(0 , * * ? *)',
  'cron(0 0 * * ?)',
  'cron(0 0 * * ? 1969)',
  'at(2026-03-01T00:00:00)',
  '',
])('%j is refused', (text) => {
  expect(() => parseSchedule(text)).toThrow(expect.objectContaining({ name: 'InvalidSchedule' }));
});
