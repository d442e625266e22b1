/** Which invocations are traced, and what their functions are told. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { InvocationRequest } from '../../core/invocation.ts';
import { functionRequest } from './fixtures/function-request.ts';
import { context, startLambda, type LambdaUnderTest } from './fixtures/start-lambda.ts';

const root = '1-69a42840-0123456789abcdef01234567';
const caller = 'c'.repeat(16);

let lambda: LambdaUnderTest;
beforeAll(async () => {
  lambda = await startLambda();
});
beforeEach(async () => {
  await lambda.call('CreateFunction', functionRequest({ FunctionName: 'passes' }));
  const TracingConfig = { Mode: 'Active' };
  await lambda.call('CreateFunction', functionRequest({ FunctionName: 'traces', TracingConfig }));
  await lambda.settled();
  lambda.random = () => 0.5;
});
afterEach(() => lambda.forget());
afterAll(() => lambda[Symbol.asyncDispose]());

async function invoke(name: string, traceHeader?: string): Promise<InvocationRequest> {
  const more = traceHeader === undefined ? {} : { traceHeader };
  await lambda.call('Invoke', { FunctionName: name }, { ...context, ...more });
  return lambda.invocations.at(-1)!;
}

describe('a function that passes traces through', () => {
  test('is not traced of its own accord', async () => {
    const { traceHeader, trace } = await invoke('passes');
    expect(traceHeader).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;/);
    expect(trace).toBeUndefined();
  });

  test('is part of a trace that its caller samples, below the caller', async () => {
    const given = `Root=${root};Parent=${caller};Sampled=1`;
    const { traceHeader, trace } = await invoke('passes', given);
    expect(trace).toMatchObject({ traceId: root, parentId: caller, receivedAtMs: lambda.nowMs });
    expect(trace?.event).toBeUndefined();
    const told = `Root=${root};Parent=${trace!.ids.invocation};Sampled=1;Lineage=1:`;
    expect(traceHeader?.slice(0, told.length)).toBe(told);
    expect(new Set(Object.values(trace!.ids)).size).toBe(4);
  });

  test.each(['Sampled=0', `Root=${root};Parent=${caller}`, 'Root=1-2-3', 'anything'])(
    'hands on what is undecided or not sampled: %s',
    async (given) => {
      const { traceHeader, trace } = await invoke('passes', given);
      expect(traceHeader?.startsWith(`${given};Lineage=`)).toBe(true);
      expect(trace).toBeUndefined();
    },
  );

  test('gets a root where the caller has none', async () => {
    const { traceHeader, trace } = await invoke('passes', 'Root=none;Sampled=1');
    expect(trace?.traceId).toMatch(/^1-[0-9a-f]{8}-[0-9a-f]{24}$/);
    expect(trace).not.toHaveProperty('parentId');
    expect(traceHeader).toContain(`Root=${trace!.traceId};`);
    expect(traceHeader).not.toContain('none');
  });
});

describe('a function with active tracing', () => {
  test('is sampled once a second, then one time in twenty', async () => {
    const sampled = async (): Promise<boolean> => (await invoke('traces')).trace !== undefined;
    expect([await sampled(), await sampled(), await sampled()]).toEqual([true, false, false]);
    lambda.random = () => 0.049;
    expect(await sampled()).toBe(true);
    lambda.random = () => 0.05;
    expect(await sampled()).toBe(false);
    lambda.nowMs += 1_000;
    expect([await sampled(), await sampled()]).toEqual([true, false]);
  });

  test('begins a trace without a parent, and says so to a function that is not sampled', async () => {
    const first = await invoke('traces');
    expect(first.trace).not.toHaveProperty('parentId');
    expect(first.traceHeader).toContain(`Root=${first.trace!.traceId};Parent=`);
    const second = await invoke('traces');
    expect(second.traceHeader).toContain(';Sampled=0;');
  });

  test('does what the caller decided', async () => {
    expect(await invoke('traces', `Root=${root};Sampled=0`)).not.toHaveProperty('trace');
    expect(await invoke('traces', `Root=${root};Sampled=1`)).toHaveProperty('trace');
  });

  test('decides of a header that says nothing, or asks', async () => {
    for (const given of [`Root=${root};Parent=${caller}`, `Root=${root};Sampled=?`]) {
      lambda.nowMs += 1_000;
      const { trace, traceHeader } = await invoke('traces', given);
      expect(trace).toMatchObject({ traceId: root });
      expect(traceHeader).toContain(`Root=${root};Parent=${trace!.ids.invocation};Sampled=1`);
    }
  });
});

describe('an asynchronous event', () => {
  const tried = async (): Promise<InvocationRequest> => {
    await expect.poll(() => lambda.invocations.length, { timeout: 20_000 }).toBeGreaterThan(0);
    return lambda.invocations.at(-1)!;
  };

  test('is of the trace that was begun when it was accepted', async () => {
    await lambda.call('Invoke', { FunctionName: 'traces', InvocationType: 'Event' });
    const { trace, requestId } = await tried();
    expect(trace).toMatchObject({ event: { attempt: 1, acceptedAtMs: lambda.nowMs } });
    expect(requestId).toBe(context.requestId);
  });

  test('keeps its trace over all tries', async () => {
    lambda.answer = async ({ version }) => ({
      outcome: { kind: 'function-error', errorType: 'Error', payload: new Uint8Array() },
      payload: new Uint8Array(),
      functionError: 'Unhandled',
      executedVersion: version.version,
    });
    await lambda.call('Invoke', { FunctionName: 'traces', InvocationType: 'Event' });
    await expect.poll(() => lambda.invocations.length, { timeout: 20_000 }).toBe(3);
    const traces = lambda.invocations.map(({ trace }) => trace);
    expect(traces.map((each) => each?.event?.attempt)).toEqual([1, 2, 3]);
    expect(new Set(traces.map((each) => each?.traceId)).size).toBe(1);
    expect(new Set(traces.map((each) => each?.ids.lambda)).size).toBe(3);
  });

  test('is not traced where the decision was against it', async () => {
    await invoke('traces');
    lambda.invocations.length = 0;
    await lambda.call('Invoke', { FunctionName: 'traces', InvocationType: 'Event' });
    lambda.random = () => 0;
    const { trace, traceHeader } = await tried();
    expect(trace).toBeUndefined();
    expect(traceHeader).toContain(';Sampled=0;');
  });

  test('keeps the trace of its caller', async () => {
    const traceHeader = `Root=${root};Parent=${caller};Sampled=1`;
    const input = { FunctionName: 'passes', InvocationType: 'Event' };
    await lambda.call('Invoke', input, { ...context, traceHeader });
    expect((await tried()).trace).toMatchObject({ traceId: root, parentId: caller });
  });
});
