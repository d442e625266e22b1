import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { silentLogger } from '../lib/logger.ts';
import { startStage, type Stage, type StageOptions } from '../environment/stage.testsuite.ts';
import { SandboxFailure, type SandboxDriver } from '../sandbox/driver.ts';

const open: Stage[] = [];

afterEach(async () => {
  for (const stage of open.splice(0)) await stage.invoker.close();
});

async function stageOver(
  create: SandboxDriver['create'],
  options: StageOptions = {},
): Promise<Stage> {
  const driver: SandboxDriver = {
    description: 'misbehaving',
    isolation: 'process',
    advisories: [],
    network: { kind: 'none' },
    mountsLate: false,
    changesRoot: false,
    parks: false,
    create,
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
  const folder = path.join(import.meta.dirname, '../environment');
  const stage = await startStage(driver, folder, { logger: silentLogger, ...options });
  open.push(stage);
  return stage;
}

test('a machine that makes no sandboxes is a fault of the platform for each who waits', async () => {
  const { invoke, version, invoker } = await stageOver(async () => {
    throw new SandboxFailure('no room');
  });
  const results = await Promise.allSettled([1, 2, 3].map(() => invoke(version('echoes'))));
  for (const each of results) {
    expect(each).toMatchObject({ status: 'rejected', reason: { name: 'SandboxFailure' } });
  }
  expect(invoker.snapshot()).toMatchObject({
    platformFaults: 3,
    invocations: 0,
    environments: { starting: 0, idle: 0, frozen: 0, busy: 0 },
  });
});

test('a role that cannot be assumed rejects with exactly that', async () => {
  const { invoke, version } = await stageOver(async () => {
    throw new SandboxFailure('never asked for');
  });
  const refused = invoke(version('echoes', { role: 'not-assumable' }));
  await expect(refused).rejects.toMatchObject({ name: 'RoleNotAssumable' });
});

test('what does not fit into the line of starts is throttled at once, the rest is served in turn', async () => {
  const gate = Promise.withResolvers<never>();
  let creating = 0;
  const { invoke, version, invoker } = await stageOver(
    () => {
      creating += 1;
      return gate.promise;
    },
    { settings: { startsAtOnce: 1, startQueueLength: 2 } },
  );
  const running = Array.from({ length: 5 }, () => invoke(version('echoes')));
  const settled = Promise.allSettled(running);
  await expect(running[3]).rejects.toMatchObject({ name: 'Throttled' });
  await expect(running[4]).rejects.toMatchObject({ name: 'Throttled' });
  expect(creating).toBe(1);
  gate.reject(new SandboxFailure('after all'));
  const names = (await settled).map((each) =>
    each.status === 'rejected' ? (each.reason as Error).name : 'served',
  );
  expect(names).toEqual([
    'SandboxFailure',
    'SandboxFailure',
    'SandboxFailure',
    'Throttled',
    'Throttled',
  ]);
  expect(invoker.snapshot()).toMatchObject({ throttles: 2, platformFaults: 3 });
});

test('closing ends environments whose sandbox is still being made', async () => {
  const gate = Promise.withResolvers<never>();
  const { invoke, version, invoker } = await stageOver(() => gate.promise, {
    settings: { shutdownGraceMs: 10 },
  });
  const told = expect(invoke(version('echoes'))).rejects.toThrow();
  const closing = invoker.close();
  gate.reject(new SandboxFailure('too late'));
  await closing;
  await told;
});
