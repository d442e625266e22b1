import type { InvokeWithResponseStreamResponseEvent as StreamEvent } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Throttled, type InvocationRequest } from '../../core/invocation.ts';
import { functionRequest } from './fixtures/function-request.ts';
import { startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';

let lambda: LambdaUnderTest;
beforeAll(async () => {
  lambda = await startLambda();
});
afterAll(async () => {
  await lambda[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await lambda.forget();
  await lambda.call('CreateFunction', functionRequest());
  await lambda.settled();
});

interface Answer {
  readonly StatusCode: number;
  readonly ExecutedVersion?: string;
  readonly EventStream?: AsyncIterable<StreamEvent>;
}

const stream = (input: object = {}): Promise<Answer> =>
  lambda.call<Answer>('InvokeWithResponseStream', { FunctionName: 'f', ...input });

/** Chunks as texts, then what the last event says. */
async function taken(answer: Answer): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const { PayloadChunk: chunk, InvokeComplete: end } of answer.EventStream ?? []) {
    seen.push(chunk === undefined ? end : Buffer.from(chunk.Payload ?? []).toString());
  }
  return seen;
}

const succeeded = { outcome: { kind: 'succeeded', payload: Buffer.from('') } } as const;
const result = { ...succeeded, payload: Buffer.from(''), executedVersion: '$LATEST' };

test('a function that does not stream is one chunk and an end', async () => {
  const answer = await stream({ Payload: Buffer.from('{"a":1}') });
  expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' });
  expect(await taken(answer)).toEqual(['{"a":1}', {}]);
});

test('what is written is told at once, each part when the one before was taken', async () => {
  const release = Promise.withResolvers<void>();
  lambda.answer = async ({ sink }) => {
    sink?.begin({ contentType: 'text/plain' });
    await sink?.write(Buffer.from('one'));
    await release.promise;
    await sink?.write(Buffer.from('two'));
    return result;
  };
  const events = (await stream()).EventStream?.[Symbol.asyncIterator]();
  expect(await events?.next()).toMatchObject({ value: { PayloadChunk: {} } });
  release.resolve();
  expect(await events?.next()).toMatchObject({ value: { PayloadChunk: {} } });
  expect(await events?.next()).toEqual({ done: false, value: { InvokeComplete: {} } });
  expect(await events?.next()).toMatchObject({ done: true });
});

test('an error is told in the last event, with the log', async () => {
  lambda.answer = async () => ({
    ...result,
    functionError: 'Unhandled',
    payload: Buffer.from('{"errorType":"E"}'),
    logTail: Buffer.from('REPORT'),
  });
  const complete = {
    ErrorCode: 'Unhandled',
    ErrorDetails: '{"errorType":"E"}',
    LogResult: Buffer.from('REPORT').toString('base64'),
  };
  expect(await taken(await stream({ LogType: 'Tail' }))).toEqual([complete]);
});

test('a caller that leaves does not hold the function back', async () => {
  let isDone = false;
  lambda.answer = async ({ sink }: InvocationRequest) => {
    sink?.begin({ contentType: undefined });
    for (let part = 0; part < 100; part++) await sink?.write(Buffer.from('x'));
    isDone = true;
    return result;
  };
  const events = (await stream()).EventStream?.[Symbol.asyncIterator]();
  await events?.next();
  await events?.return?.();
  await expect.poll(() => isDone).toBe(true);
});

test('what cannot begin is refused as Invoke refuses it', async () => {
  lambda.answer = () => Promise.reject(new Throttled('ConcurrentInvocationLimitExceeded'));
  await expect(stream()).rejects.toMatchObject({ code: 'TooManyRequestsException', status: 429 });
  await expect(stream({ Payload: Buffer.from('{') })).rejects.toMatchObject({
    code: 'InvalidRequestContentException',
  });
  await expect(stream({ FunctionName: 'g' })).rejects.toMatchObject({ status: 404 });
});

test('a platform that fails in the middle breaks the stream off', async () => {
  lambda.answer = async ({ sink }) => {
    sink?.begin({ contentType: undefined });
    throw new Error('the machine is gone');
  };
  await expect(taken(await stream())).rejects.toThrow('the machine is gone');
});

test('a dry run runs nothing', async () => {
  expect(await stream({ InvocationType: 'DryRun' })).toEqual({ StatusCode: 204 });
  expect(lambda.invocations).toEqual([]);
});
