import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { jsonOf, tailOf, until, type Stage } from '../environment/stage.testsuite.ts';
import { invokeWith, openProcessStages, type ProcessStages } from './process-stage.testsuite.ts';
import { tenantEnvironmentLimit } from './tenant-limit.ts';

let stages: ProcessStages;
beforeAll(async () => {
  stages = await openProcessStages();
});
afterEach(() => stages.closeAll());
afterAll(async () => {
  await stages[Symbol.asyncDispose]();
});

const idle = (stage: Stage, count: number): Promise<void> =>
  until(() => stage.invoker.snapshot().environments.idle === count);

test('an environment serves one tenant alone, and serves it again', async () => {
  const stage = await stages.start();
  const counts = stage.version('counts-invocations');
  const as = async (tenantId: string): Promise<{ count: number; pid: number }> =>
    jsonOf(await invokeWith(stage, counts, { tenantId }));
  const [blue, green] = [await as('blue'), await as('green')];
  await idle(stage, 2);
  expect(green.pid).not.toBe(blue.pid);
  expect(green.count).toBe(1);
  expect(await as('blue')).toEqual({ count: 2, pid: blue.pid });
});

test('the runtime is told the tenant, and the JSON log names it', async () => {
  const stage = await stages.start();
  const logging = { format: 'JSON', group: '/aws/lambda/t' } as const;
  const version = stage.version('tells-headers', { logging });
  const result = await invokeWith(stage, version, { tenantId: 'a b@c', wantsLogTail: true });
  expect(jsonOf(result)).toMatchObject({ 'lambda-runtime-aws-tenant-id': 'a b@c' });
  const records = tailOf(result)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; record: { tenantId?: string } });
  const named = records.filter(({ record }) => record.tenantId === 'a b@c');
  expect(named.map(({ type }) => type)).toEqual(['platform.start', 'platform.report']);
});

test('tenants of one function have a limit together, and a known tenant is served at it', async () => {
  const stage = await stages.start({ settings: { accountConcurrency: 1 } });
  const counts = stage.version('counts-invocations');
  const as = (tenantId: string): Promise<unknown> => invokeWith(stage, counts, { tenantId });
  await as('one');
  await as('two');
  await idle(stage, 2);
  await expect(as('three')).rejects.toMatchObject({ name: 'Throttled' });
  await as('one');
  expect(stage.sandboxes.size).toBe(2);
  // Without tenants there is no such limit, and the other function has its own.
  await invokeWith(stage, stage.version('echoes'), { tenantId: 'three' });
});

test('the limit follows the concurrency that the function may have', () => {
  expect(tenantEnvironmentLimit({ kind: 'unreserved', reservedByOthers: 0 }, 1_000)).toBe(2_500);
  expect(tenantEnvironmentLimit({ kind: 'unreserved', reservedByOthers: 600 }, 1_000)).toBe(1_000);
  expect(tenantEnvironmentLimit({ kind: 'reserved', limit: 3 }, 1_000)).toBe(7);
});
