import { expect, test } from 'vitest';
import type { FunctionVersion } from '../core/function-version.ts';
import { Semaphore } from '../lib/semaphore.ts';
import { EnvironmentPool } from './environment-pool.ts';
import { Router } from './router.ts';

const ARN = 'arn:aws:lambda:eu-west-1:000000000000:function:f';
const versionOf = (version: string, incarnation: string): FunctionVersion => ({
  account: '000000000000',
  region: 'eu-west-1',
  name: 'f',
  version,
  incarnation,
  runtime: 'nodejs22.x',
  handler: 'index.handler',
  role: 'arn:aws:iam::000000000000:role/r',
  architecture: 'x86_64',
  memoryMib: 128,
  timeoutSeconds: 3,
  ephemeralMib: 512,
  environment: {},
  logging: { format: 'Text', group: 'g' },
  code: { sha256: 'c', sizeBytes: 1 },
});
/** Pools of which no environment is ever asked for: an empty one goes when it is retired. */
const createRouter = (): Router =>
  new Router(
    (_version, onEmpty) =>
      new EnvironmentPool({
        gate: new Semaphore(1, 1),
        createEnvironment: () => {
          throw new Error('not asked for here');
        },
        reusesEnvironments: true,
        onEmpty,
      }),
  );

test('each version has a pool of its own, also where what runs is the same', () => {
  const router = createRouter();
  const latest = router.poolFor(versionOf('$LATEST', 'a'));
  const first = router.poolFor(versionOf('1', 'a'));
  expect(first).not.toBe(latest);
  expect(router.poolFor(versionOf('1', 'a'))).toBe(first);
  expect(router.pools).toHaveLength(2);
});

test('an update of $LATEST leaves the published versions, a deleted version the others', () => {
  const router = createRouter();
  const one = router.poolFor(versionOf('1', 'b'));
  const two = router.poolFor(versionOf('2', 'c'));
  router.poolFor(versionOf('$LATEST', 'a'));
  router.retire(ARN, 'next');
  expect(router.pools).toEqual([one, two]);
  router.retire(`${ARN}:1`, undefined);
  expect(router.pools).toEqual([two]);
});

test('tenants have pools of their own, which all go with the function', () => {
  const router = createRouter();
  const version = versionOf('$LATEST', 'a');
  const blue = router.poolFor(version, 'blue');
  expect(router.poolFor(version, 'green')).not.toBe(blue);
  expect(router.poolFor(version)).not.toBe(blue);
  expect(router.poolFor(version, 'blue')).toBe(blue);
  router.retire(ARN, undefined);
  expect(router.pools).toEqual([]);
});
