import { beforeEach, describe, expect, test } from 'vitest';
import {
  openEventSourceMappings,
  type EventSourceMappingRecord,
  type EventSourceMappings,
} from '../functions/event-source-mappings.ts';
import { closeable } from '../lib/lifetime.ts';
import { silentLogger } from '../lib/logger.ts';
import { openMemoryStore } from '../../../testkit/src/memory-store.ts';
import { createMappingRunner, type MappingRunner } from './mapping-runner.ts';
import type { PollerSettings } from './poller.ts';

const record: EventSourceMappingRecord = {
  account: '000000000000',
  region: 'eu-west-1',
  uuid: '11111111-2222-4333-8444-555555555555',
  source: 'arn:aws:sqs:eu-west-1:000000000000:q',
  functionName: 'f',
  wanted: 'enabled',
  batchSize: 10,
  windowSeconds: 1,
  filters: [],
  reportsItemFailures: false,
  lastModifiedMs: 0,
  tags: {},
};

let mappings: EventSourceMappings;
let runner: MappingRunner;
let settings: PollerSettings[];
let started: number;
let drained: PromiseWithResolvers<void>;

beforeEach(async () => {
  mappings = await openEventSourceMappings({
    store: openMemoryStore(),
    logger: silentLogger,
  });
  settings = [];
  started = 0;
  drained = Promise.withResolvers();
  runner = createMappingRunner({
    mappings,
    logger: silentLogger,
    closeGraceMs: 5,
    startPoller: (_, first) => {
      started += 1;
      settings.push(first);
      return {
        reconfigure: (next) => settings.push(next),
        trouble: { reason: 'The queue is gone.', sinceMs: 7 },
        ...closeable(() => drained.promise),
      };
    },
  });
  await mappings.insert(record);
});
const stored = () => mappings.list(record)[0];
const store = async (more: Partial<EventSourceMappingRecord>) => {
  const before = stored() ?? record;
  const next = { ...before, ...more };
  await mappings.replace(before, next);
  runner.follow(next);
  return next;
};

describe('a mapping', () => {
  test('is Enabled when a poller runs for it', () => {
    expect(runner.stateOf(record)).toBe('Enabling');
    runner.follow(record);
    expect(runner.stateOf(record)).toBe('Enabled');
    expect(settings).toMatchObject([{ batchSize: 10, windowMs: 1_000 }]);
  });

  test('tells the trouble of its poller, and of none when none runs', () => {
    expect(runner.troubleOf(record)).toBeUndefined();
    runner.follow(record);
    expect(runner.troubleOf(record)).toEqual({ reason: 'The queue is gone.', sinceMs: 7 });
  });

  test('that is changed goes on with the same poller', async () => {
    runner.follow(record);
    await store({ batchSize: 3, maximumConcurrency: 2 });
    expect(started).toBe(1);
    expect(settings[1]).toMatchObject({ batchSize: 3, maximumConcurrency: 2 });
  });

  test('is Disabling until its last batch has ended, and can be enabled then', async () => {
    runner.follow(record);
    const disabled = await store({ wanted: 'disabled' });
    expect(runner.stateOf(disabled)).toBe('Disabling');
    drained.resolve();
    await expect.poll(() => runner.stateOf(disabled)).toBe('Disabled');
    const enabled = await store({ wanted: 'enabled' });
    expect(runner.stateOf(enabled)).toBe('Enabled');
    expect(started).toBe(2);
  });

  test('is Deleting until its last batch has ended, and gone then, whatever its tags', async () => {
    runner.follow(record);
    const deleted = await store({ wanted: 'deleted' });
    expect(runner.stateOf(deleted)).toBe('Deleting');
    await mappings.replace(deleted, { ...deleted, tags: { a: 'b' } });
    expect(stored()).toBeDefined();
    drained.resolve();
    await expect.poll(stored).toBeUndefined();
  });

  test('whose deletion a stop has interrupted goes at the next start', async () => {
    await store({ wanted: 'deleted' });
    await expect.poll(stored).toBeUndefined();
    expect(started).toBe(0);
  });

  test('does not keep a server from its end for long', async () => {
    runner.follow(record);
    await runner.close();
    runner.follow({ ...record, uuid: 'another' });
    expect(started).toBe(1);
  });
});
