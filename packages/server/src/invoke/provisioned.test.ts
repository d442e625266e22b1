import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { ConcurrencyShare } from '../core/invocation.ts';
import type { FunctionVersion } from '../core/function-version.ts';
import { jsonOf, shapesOf, until, type Stage } from '../environment/stage.testsuite.ts';
import { invokeWith, openProcessStages, type ProcessStages } from './process-stage.testsuite.ts';

let stages: ProcessStages;
let gate: string;
beforeAll(async () => {
  stages = await openProcessStages();
  gate = path.join(stages.folder, 'gate');
});
afterEach(async () => {
  await stages.closeAll();
  await rm(gate, { force: true });
});
afterAll(async () => {
  await stages[Symbol.asyncDispose]();
});

const published = (stage: Stage, handler: string): FunctionVersion =>
  stage.version(handler, { version: '1', timeoutSeconds: 60 });

async function provision(stage: Stage, version: FunctionVersion, count: number): Promise<void> {
  stage.invoker.provision(version, count);
  await until(() => stage.invoker.provisioned(version).allocated === count);
}
const idle = (stage: Stage, count: number): Promise<void> =>
  until(() => stage.invoker.snapshot().environments.idle === count);

test('environments are there before anybody invokes, say so, and stay when others are reaped', async () => {
  const stage = await stages.start({ settings: { idleTimeoutMs: 40 } });
  const version = published(stage, 'tells-environment');
  await provision(stage, version, 2);
  expect(stage.sandboxes.size).toBe(2);
  const first = await invokeWith(stage, version);
  expect(jsonOf(first)).toMatchObject({
    AWS_LAMBDA_INITIALIZATION_TYPE: 'provisioned-concurrency',
  });
  // The other version is on demand, and its environment goes when it has been idle.
  const latest = await invokeWith(stage, stage.version('tells-environment'));
  expect(jsonOf(latest)).toMatchObject({ AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand' });
  await until(() => stage.sandboxes.size === 2);
  expect(stage.invoker.provisioned(version)).toEqual({ allocated: 2 });
  await until(() => stage.lines.some(({ message }) => message.startsWith('REPORT')));
  const ofProvisioned = shapesOf(stage.lines).filter((line) => line.startsWith('INIT_REPORT'));
  expect(new Set(ofProvisioned)).toEqual(
    new Set(['INIT_REPORT Init Duration: # ms\tPhase: init\tStatus: success\n']),
  );
});

test('an invocation is cold that has its init with it; on a provisioned environment none is', async () => {
  const stage = await stages.start();
  const version = published(stage, 'echoes');
  await provision(stage, version, 1);
  await invokeWith(stage, version);
  const latest = stage.version('exits-42');
  for (const event of [{}, {}]) await invokeWith(stage, latest, { event });
  const { ended, durations, running } = stage.invoker.statistics();
  expect(ended.filter(({ count }) => count > 0)).toEqual([
    // After its crash the environment runs its init again.
    { start: 'cold', outcome: 'crashed', count: 2 },
    { start: 'warm', outcome: 'succeeded', count: 1 },
  ]);
  expect(durations).toMatchObject({ cold: { count: 2 }, warm: { count: 1 } });
  expect(durations.cold.sum).toBeGreaterThan(0);
  expect(running).toBe(0);
});

test('what is more than provisioned spills over to environments on demand', async () => {
  const stage = await stages.start();
  const version = published(stage, 'waits-for-the-gate');
  await provision(stage, version, 1);
  const event = { gate };
  const both = [invokeWith(stage, version, { event }), invokeWith(stage, version, { event })];
  // One that still waits for its environment would be given the first one as soon as that is free.
  const started = (): readonly unknown[] =>
    stage.lines.filter(({ message }) => message.startsWith('START'));
  await until(() => started().length === 2);
  await writeFile(gate, '');
  const tokens = (await Promise.all(both)).map((each) => jsonOf(each).token as number);
  expect(new Set(tokens).size).toBe(2);
  await idle(stage, 2);
  // The provisioned one is used before the other.
  const again = jsonOf(await invokeWith(stage, version, { event }));
  stage.invoker.provision(version, 0);
  await until(() => stage.sandboxes.size === 1);
  const left = jsonOf(await invokeWith(stage, version, { event }));
  expect(new Set([again.token, left.token])).toEqual(new Set(tokens));
});

test('one that dies in an invocation is replaced', async () => {
  const stage = await stages.start();
  const version = published(stage, 'exits-42');
  await provision(stage, version, 1);
  const [before] = stage.sandboxes;
  expect(await invokeWith(stage, version)).toMatchObject({ functionError: 'Unhandled' });
  await until(
    () =>
      stage.invoker.provisioned(version).allocated === 1 &&
      stage.sandboxes.size === 1 &&
      ![...stage.sandboxes].includes(before!),
  );
});

test('fewer end the surplus, and none ends all', async () => {
  const stage = await stages.start();
  const version = published(stage, 'echoes');
  await provision(stage, version, 3);
  await provision(stage, version, 1);
  await until(() => stage.sandboxes.size === 1);
  stage.invoker.provision(version, 0);
  await until(() => stage.sandboxes.size === 0);
  expect(stage.invoker.provisioned(version)).toEqual({ allocated: 0 });
  expect(jsonOf(await invokeWith(stage, version, { event: 'on demand' }))).toBe('on demand');
});

test('an init that fails is told after three tries, and a new number is a new try', async () => {
  const stage = await stages.start();
  const version = published(stage, 'exits-in-init');
  stage.invoker.provision(version, 1);
  const failed = { allocated: 0, failure: 'FUNCTION_ERROR_INIT_FAILURE' };
  await until(() => stage.invoker.provisioned(version).failure !== undefined);
  expect(stage.invoker.provisioned(version)).toEqual(failed);
  stage.invoker.provision(version, 2);
  expect(stage.invoker.provisioned(version)).toEqual({ allocated: 0 });
  await until(() => stage.invoker.provisioned(version).failure !== undefined);
});

test('a role that cannot be assumed is named', async () => {
  const stage = await stages.start();
  const version = { ...published(stage, 'echoes'), role: 'not-assumable' };
  stage.invoker.provision(version, 1);
  await until(() => stage.invoker.provisioned(version).failure !== undefined);
  expect(stage.invoker.provisioned(version).failure).toMatch(/role .* cannot be assumed/);
});

test('where all that is reserved is provisioned, only the provisioned version runs', async () => {
  const stage = await stages.start();
  const version = published(stage, 'waits-for-the-gate');
  const share: ConcurrencyShare = { kind: 'reserved', limit: 2 };
  await provision(stage, version, 2);
  const reason = 'ReservedFunctionConcurrentInvocationLimitExceeded';
  await expect(
    invokeWith(stage, stage.version('waits-for-the-gate'), { share }),
  ).rejects.toMatchObject({
    reason,
  });
  let refused = 0;
  const many = Array.from({ length: 10 }, () =>
    invokeWith(stage, version, { share, event: { gate } }).catch(() => (refused += 1)),
  );
  await until(() => refused === 8);
  await writeFile(gate, '');
  await Promise.all(many);
  expect(refused).toBe(8);
  expect(stage.sandboxes.size).toBe(2);
});

test('a deleted version takes its environments with it', async () => {
  const stage = await stages.start();
  const version = published(stage, 'echoes');
  await provision(stage, version, 2);
  stage.invoker.retire('arn:aws:lambda:eu-west-1:000000000000:function:echoes:1');
  await until(() => stage.sandboxes.size === 0);
  expect(stage.invoker.provisioned(version)).toEqual({ allocated: 0 });
});

test('with environments that are never reused each invocation has a provisioned one of its own', async () => {
  const stage = await stages.start({ settings: { reuse: 'never' } });
  const version = published(stage, 'tells-environment');
  await provision(stage, version, 1);
  for (let each = 0; each < 2; each++) {
    await until(() => stage.invoker.provisioned(version).allocated === 1);
    await idle(stage, 1);
    expect(jsonOf(await invokeWith(stage, version))).toMatchObject({
      AWS_LAMBDA_INITIALIZATION_TYPE: 'provisioned-concurrency',
    });
  }
});
