/** An environment is given no invocation that its role's credentials could end under. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { jsonOf, until } from '../environment/stage.testsuite.ts';
import { invokeWith, openProcessStages, type ProcessStages } from './process-stage.testsuite.ts';

let stages: ProcessStages;
beforeAll(async () => {
  stages = await openProcessStages();
});
afterEach(() => stages.closeAll());
afterAll(async () => {
  await stages[Symbol.asyncDispose]();
});

const FIFTEEN_MINUTES = 900;

test.each([
  ['is replaced where they end within the timeout of the next', FIFTEEN_MINUTES, 1],
  ['serves on where they do not', 3, 2],
])('an environment %s', async (_what, timeoutSeconds, secondCount) => {
  // Good for longer than the function's timeout, but not by the margin for an answer under way.
  const stage = await stages.start({ sessionSeconds: FIFTEEN_MINUTES + 30 });
  const version = stage.version('counts-invocations', { timeoutSeconds });
  const count = async (): Promise<number> => jsonOf(await invokeWith(stage, version)).count;
  expect(await count()).toBe(1);
  await until(() => stage.invoker.snapshot().environments.busy === 0);
  expect(await count()).toBe(secondCount);
});
