/** What stops an invocation: time, memory, its own end, sizes, and the request itself. */
import { readFile } from 'node:fs/promises';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readMetrics } from '../../packages/testkit/src/read-metrics.ts';
import { openFunctions, type Functions } from '../../packages/testkit/src/open-functions.ts';

let functions: Functions;

const source = `let calls = 0;
export const handler = async (event, context) => {
  calls += 1;
  switch (event.how) {
    case 'sleep': await new Promise((resolve) => setTimeout(resolve, event.ms)); return 'slept';
    case 'exit': process.exit(event.status); break;
    case 'kill': process.kill(process.pid, 'SIGKILL'); await new Promise(() => setInterval(() => {}, 1000)); break;
    case 'eat': { const all = []; for (;;) all.push(Buffer.alloc(1 << 20, 1)); }
    case 'large': return 'x'.repeat(event.size);
    case 'length': return event.text.length;
    case 'calls': return calls;
    case 'client': return context.clientContext;
    default: return event;
  }
};`;

beforeAll(async () => {
  functions = await openFunctions(['--concurrency', '2']);
  const files = { 'index.mjs': source };
  await functions.create('limited', 'nodejs22.x', files);
  await functions.create('hasty', 'nodejs22.x', files, { Timeout: 1 });
});
afterAll(async () => {
  await functions?.[Symbol.asyncDispose]();
});

/** Those that have ended, whatever became of them. */
async function countInvocations(): Promise<number> {
  const health = await fetch(`${functions.server.endpoint}/_hearth/health`);
  const { invocations } = (await health.json()) as { invocations: { invocations: number } };
  return invocations.invocations;
}

const report = (end: string): RegExp =>
  new RegExp(
    `END RequestId: ([0-9a-f-]{36})\\nREPORT RequestId: \\1\\tDuration: [\\d.]+ ms\\tBilled Duration: \\d+ ms\\tMemory Size: 128 MB\\tMax Memory Used: \\d+ MB\\t(Init Duration: [\\d.]+ ms\\t)?${end}`,
  );

describe('an invocation', () => {
  test('over its time is answered as timed out, and the next gets a new environment', async () => {
    expect((await functions.invoke('hasty', { how: 'calls' })).payload).toBe(1);
    const late = await functions.invoke('hasty', { how: 'sleep', ms: 60_000 });
    expect(late).toMatchObject({ status: 200, functionError: 'Unhandled' });
    expect(late.payload).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: ${late.requestId} Error: Task timed out after 1.00 seconds`,
    });
    expect(late.log).toMatch(report('Status: timeout'));
    expect((await functions.invoke('hasty', { how: 'calls' })).payload).toBe(1);
  });

  test.each([
    [{ how: 'exit', status: 0 }, 'Runtime exited without providing a reason'],
    [{ how: 'exit', status: 42 }, 'Runtime exited with error: exit status 42'],
    [{ how: 'exit', status: 137 }, 'Runtime exited with error: exit status 137'],
    [{ how: 'kill' }, 'Runtime exited with error: signal: killed'],
  ])('that ends its process by %j is told how', async (event, sentence) => {
    const { payload, log, requestId } = await functions.invoke('limited', event);
    expect(payload).toEqual({
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${requestId} Error: ${sentence}`,
    });
    expect(log).toMatch(report('Status: error\\tError Type: Runtime.ExitError'));
  });

  test('that needs more memory than it has is killed', async () => {
    const { payload, log, requestId } = await functions.invoke('limited', { how: 'eat' });
    expect(payload).toEqual({
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`,
    });
    // AWS: the REPORT lines that users quote have this type, with all of the memory used.
    expect(log).toMatch(report('Status: error\\tError Type: Runtime.OutOfMemory'));
    expect(log).toContain('Max Memory Used: 128 MB');
  });

  test('with an answer over 6 MB is answered with its refusal', async () => {
    const { functionError, payload } = await functions.invoke('limited', {
      how: 'large',
      size: 6_291_557,
    });
    expect(functionError).toBe('Unhandled');
    expect(payload).toEqual({
      errorType: 'Function.ResponseSizeTooLarge',
      errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
    });
  });
});

describe('a request', () => {
  const padded = (size: number): string => {
    const empty = JSON.stringify({ how: 'length', text: '' });
    return JSON.stringify({ how: 'length', text: 'x'.repeat(size - empty.length) });
  };
  const send = (Payload: string | undefined, name = 'limited') =>
    functions.lambda.send(
      new InvokeCommand({ FunctionName: name, ...(Payload === undefined ? {} : { Payload }) }),
    );

  test('of 6,291,556 bytes is taken, one byte more is 413', async () => {
    expect((await send(padded(6_291_556))).StatusCode).toBe(200);
    await expect(send(padded(6_291_557))).rejects.toMatchObject({
      name: 'RequestTooLargeException',
      $metadata: { httpStatusCode: 413 },
    });
  });

  test('that is not JSON is 400, and an empty one is {}', async () => {
    await expect(send('{"a":')).rejects.toMatchObject({
      name: 'InvalidRequestContentException',
      message: expect.stringMatching(
        /^Could not parse request body into json: Could not parse payload into json: /,
      ),
      $metadata: { httpStatusCode: 400 },
    });
    expect((await send(undefined)).Payload?.transformToString()).toBe('{}');
  });

  test('for an unknown function is 404 with its ARN', async () => {
    await expect(send('{}', 'nobody')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Function not found: arn:aws:lambda:eu-west-1:000000000000:function:nobody',
      $metadata: { httpStatusCode: 404 },
    });
  });

  test('hands its client context to the function', async () => {
    const ClientContext = Buffer.from('{"custom":{"a":"b"}}').toString('base64');
    const answer = await functions.lambda.send(
      new InvokeCommand({ FunctionName: 'limited', ClientContext, Payload: '{"how":"client"}' }),
    );
    expect(JSON.parse(answer.Payload?.transformToString() ?? '')).toMatchObject({
      custom: { a: 'b' },
    });
  });

  test('as a dry run is 204, as an event 202', async () => {
    const as = (InvocationType: 'DryRun' | 'Event') =>
      functions.lambda.send(new InvokeCommand({ FunctionName: 'limited', InvocationType }));
    expect((await as('DryRun')).StatusCode).toBe(204);
    const before = await countInvocations();
    expect((await as('Event')).StatusCode).toBe(202);
    // It runs after its answer, and has its slot for as long.
    await expect.poll(countInvocations, { timeout: 30_000 }).toBe(before + 1);
  });

  test('beyond the concurrency is the only one that is throttled', async () => {
    const three = await Promise.allSettled(
      Array.from({ length: 3 }, () => functions.invoke('limited', { how: 'sleep', ms: 3000 })),
    );
    const refused = three.filter((each) => each.status === 'rejected');
    expect(refused.map((each) => each.reason as unknown)).toEqual([
      expect.objectContaining({
        name: 'TooManyRequestsException',
        Reason: 'ConcurrentInvocationLimitExceeded',
        retryAfterSeconds: expect.stringMatching(/^\d+$/),
        $metadata: expect.objectContaining({ httpStatusCode: 429 }),
      }),
    ]);
  });
});

describe('the metrics', () => {
  test('tell what became of all of these, in the form and under the names of the documentation', async () => {
    const answer = await fetch(`${functions.server.endpoint}/_hearth/metrics`);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const metrics = readMetrics(await answer.text());
    const page = await readFile(
      new URL('../../docs/reference/metrics.md', import.meta.url),
      'utf8',
    );
    const documented = [...page.matchAll(/^\| `(\w+)` \| (\w+) \|/gm)];
    expect([...metrics].map(([name, { type }]) => [name, type])).toEqual(
      documented.map(([, name, type]) => [name, type]),
    );
    const valueOf = (name: string, labels = ''): number => {
      const value = metrics.get(name)?.samples.get(labels);
      expect(value, `${name}${labels}`).toBeTypeOf('number');
      return value ?? Number.NaN;
    };
    const ended = (outcome: string): number =>
      ['cold', 'warm']
        .map((start) => `{outcome="${outcome}",start="${start}"}`)
        .reduce((sum, labels) => sum + valueOf('hearth_invocations_total', labels), 0);
    expect(ended('timed-out')).toBeGreaterThanOrEqual(1);
    expect(ended('crashed')).toBeGreaterThanOrEqual(5);
    expect(ended('function-error')).toBeGreaterThanOrEqual(1);
    const all = ['timed-out', 'crashed', 'function-error', 'succeeded'].map(ended);
    const durations = ['cold', 'warm'].map((start) =>
      valueOf('hearth_invocation_duration_seconds', `_count{start="${start}"}`),
    );
    const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
    expect(sum(all)).toBe(sum(durations));
    expect(sum(all)).toBe(await countInvocations());
    const reason = 'ConcurrentInvocationLimitExceeded';
    expect(valueOf('hearth_throttles_total', `{reason="${reason}"}`)).toBe(1);
    for (const state of ['starting', 'idle', 'frozen', 'busy']) {
      expect(valueOf('hearth_environments', `{state="${state}"}`)).toBeGreaterThanOrEqual(0);
    }
    const pool = 'nodejs22.x';
    const takes = ['taken', 'missed'].map((result) =>
      valueOf('hearth_pool_takes_total', `{pool="${pool}",result="${result}"}`),
    );
    expect(sum(takes)).toBeGreaterThanOrEqual(2);
    expect(valueOf('hearth_pool_wanted', `{pool="${pool}"}`)).toBeGreaterThanOrEqual(1);
    expect(valueOf('hearth_async_events', '{state="waiting"}')).toBe(0);
    for (const store of ['main', 'queue']) {
      const commits = valueOf('hearth_store_commits_total', `{store="${store}"}`);
      expect(commits).toBeGreaterThanOrEqual(1);
      expect(valueOf('hearth_store_writes_total', `{store="${store}"}`)).toBeGreaterThanOrEqual(1);
    }
    expect(valueOf('process_resident_memory_bytes')).toBeGreaterThan(50_000_000);
  });
});
