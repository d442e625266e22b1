import { afterAll, beforeAll, expect, test } from 'vitest';
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
    undelivered: { destinationDeliveryFailures: 0, deadLetterErrors: 0 },
  });
});
