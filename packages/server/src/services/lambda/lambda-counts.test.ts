import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EventSourceMappingRecord } from '../../functions/event-source-mappings.ts';
import { countLambda } from './lambda-counts.ts';
import { startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';

const place = (name: string): string =>
  `async/arn:aws:lambda:eu-west-1:000000000000:function:${name}`;

let lambda: LambdaUnderTest;
beforeAll(async () => {
  lambda = await startLambda();
});
afterAll(() => lambda[Symbol.asyncDispose]());

test('asynchronous events of all functions are counted by what they wait for, other queues are not', async () => {
  const nothing = { waiting: 0, delayed: 0, running: 0, oldestAgeMs: 0 };
  expect(lambda.service.counts().events).toEqual(nothing);
  const body = Buffer.from('{}');
  await lambda.queue.send(place('a'), [{ id: '1', body }]);
  lambda.nowMs += 2_000;
  await lambda.queue.send(place('b'), [
    { id: '2', body },
    { id: '3', body, delayMs: 60_000 },
  ]);
  await lambda.queue.send('sqs/other', [{ id: '4', body }]);
  await lambda.queue.receive(place('b'), { most: 1, visibilityMs: 60_000 });
  lambda.nowMs += 1_000;
  expect(lambda.service.counts()).toEqual({
    events: { waiting: 1, delayed: 1, running: 1, oldestAgeMs: 3_000 },
    mappings: { Enabling: 0, Enabled: 0, Disabling: 0, Disabled: 0, Deleting: 0 },
    troubledMappings: 0,
    undelivered: { destinationDeliveryFailures: 0, deadLetterErrors: 0 },
  });
});

test('event source mappings are counted by their state, and those that cannot read their source', () => {
  const records = ['a', 'b', 'c'].map((uuid) => ({ uuid }) as EventSourceMappingRecord);
  const counts = countLambda({
    queue: lambda.queue,
    mappings: { all: () => records.values() },
    mappingRunner: {
      stateOf: ({ uuid }) => (uuid === 'c' ? 'Disabled' : 'Enabled'),
      troubleOf: ({ uuid }) =>
        uuid === 'b' ? { reason: 'The queue is gone.', sinceMs: 7 } : undefined,
    },
    asyncCounts: lambda.service.asyncCounts,
    clock: { nowMs: () => 0, monotonicMs: () => 0 },
  });
  expect(counts).toMatchObject({
    mappings: { Enabled: 2, Disabled: 1, Enabling: 0 },
    troubledMappings: 1,
  });
});
