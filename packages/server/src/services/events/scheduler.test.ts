/** When rules are due: after restarts, and by clocks that are set. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openMemoryStore } from '../../../../testkit/src/memory-store.ts';
import { AwsError } from '../../core/aws-error.ts';
import { startEvents, type EventsUnderTest } from './fixtures/start-events.ts';

let events: EventsUnderTest;
beforeEach(async () => {
  events = await startEvents(openMemoryStore());
});
afterEach(() => events.stop());

describe('after a restart', () => {
  test('a rule is due when it was due before, and has kept its targets', async () => {
    await events.putRule('tick', 'rate(5 minutes)');
    await events.putTarget('tick');
    await events.restart(240_000);
    expect(events.sent).toEqual([]);
    await events.pass(60_000);
    expect(events.times()).toEqual(['10:04']);
  });

  test('what was fired and not handed over is handed over', async () => {
    await events.putRule('tick', 'cron(0 10 * * ? *)');
    await events.putTarget('tick');
    events.answer = () => Promise.reject(new Error('the server ends'));
    await events.pass(60_000);
    events.sent = [];
    events.answer = () => Promise.resolve({});
    await events.restart(60_000);
    expect(events.times()).toEqual(['10:00']);
  });

  test('a time that has just passed is made up for, once', async () => {
    await events.putRule('tick', 'cron(* * * * ? *)');
    await events.putTarget('tick');
    await events.restart(240_000);
    expect(events.times()).toEqual(['10:00']);
    await events.pass(60_000);
    expect(events.times()).toEqual(['10:04']);
  });

  test('times that passed longer ago are not', async () => {
    await events.putRule('often', 'rate(1 minute)');
    await events.putTarget('often');
    await events.putRule('daily', 'cron(0 10 * * ? *)');
    await events.putTarget('daily');
    await events.restart(86_400_000 - 40_000);
    expect(events.sent).toEqual([]);
    await events.pass(20_000);
    expect(events.sent).toEqual([]);
    await events.pass(20_000);
    expect(events.times()).toEqual(['09:59']);
    await events.pass(30_000);
    expect(events.times()).toEqual(['10:00']);
  });
});

describe('a clock that is set', () => {
  beforeEach(async () => {
    await events.putRule('daily', 'cron(30 10 * * ? *)');
    await events.putTarget('daily');
  });

  test('forward over a time: it is due at once, and once', async () => {
    await events.setClock('2026-03-01T11:00:00Z');
    expect(events.times()).toEqual(['10:30']);
    for (let minute = 0; minute < 60; minute += 1) await events.pass(60_000);
    expect(events.sent).toEqual([]);
  });

  test('back over a time that was due: it is not due again', async () => {
    await events.setClock('2026-03-01T10:29:59Z');
    await events.pass(1_000);
    expect(events.times()).toEqual(['10:30']);
    await events.setClock('2026-03-01T09:30:00Z');
    for (let minute = 0; minute < 120; minute += 1) await events.pass(60_000);
    expect(events.sent).toEqual([]);
    await events.pass(23 * 3_600_000);
    expect(events.times()).toEqual(['10:30']);
  });

  test('back before a time that was not due yet: it is due then', async () => {
    await events.setClock('2026-03-01T08:00:00Z');
    for (let minute = 0; minute < 149; minute += 1) await events.pass(60_000);
    expect(events.sent).toEqual([]);
    await events.pass(60_000);
    expect(events.times()).toEqual(['10:30']);
  });

  test.each(['2026-03-01T08:59:30Z', '2026-03-01T10:59:30Z'])(
    'to %s: a rate goes on as if nothing had been',
    async (to) => {
      await events.call('DisableRule', { Name: 'daily' });
      await events.putRule('tick', 'rate(30 minutes)');
      await events.putTarget('tick');
      await events.pass(600_000);
      await events.setClock(to);
      expect(events.sent).toEqual([]);
      await events.pass(1_199_000);
      expect(events.sent).toEqual([]);
      await events.pass(2_000);
      expect(events.sent).toHaveLength(1);
      await events.pass(1_800_000);
      expect(events.sent).toHaveLength(2);
    },
  );

  test('back by years, as it had been wrong: rules are due as the clock says now', async () => {
    await events.setClock('2030-01-01T10:29:50Z');
    await events.pass(20_000);
    expect(events.times()).toEqual(['10:30', '10:30']);
    await events.setClock('2026-03-01T10:00:00Z');
    await events.pass(1_800_000);
    expect(events.times()).toEqual(['10:30']);
  });

  test('back while an event waits for its target: it is handed over all the same', async () => {
    events.answer = () => Promise.reject(new AwsError('InternalFailure', 500, 'no'));
    await events.pass(1_860_000);
    events.answer = () => Promise.resolve({});
    events.sent = [];
    await events.setClock('2026-03-01T09:00:00Z');
    expect(events.times()).toEqual(['10:30']);
  });
});

test('a record that is not what was written is counted and never fires', async () => {
  await events.putRule('tick', 'rate(1 minute)');
  await events.putTarget('tick');
  await events.store.write([
    { sql: "UPDATE events_rules SET body = replace(body, 'tick', 'tock')" },
  ]);
  await events.restart(120_000);
  expect(events.service.damagedRows).toBe(1);
  expect(events.sent).toEqual([]);
});
