import { expect, test } from 'vitest';
import { RuntimeUnavailable } from '@hearth/runtimes';
import type { FunctionVersion } from '../core/function-version.ts';
import { runtimeVersionArn } from '../core/runtime-version-arn.ts';
import { randomIds } from '../lib/ids.ts';
import { prepareEnvironment, type PreparationDeps } from './prepare-environment.ts';

const installation = {
  identifier: 'nodejs22.x',
  versionLabel: 'nodejs:22.v2',
  argv: ['/bin/true'],
  env: {},
  mounts: [],
};
const deps: PreparationDeps = {
  runtimes: { install: async () => installation, survey: async () => [] },
  volumes: {
    volume: async () => '/nowhere',
    layerVolume: async () => undefined,
    image: () => Promise.reject(new Error('no image')),
  },
  roles: {
    isAssumableBy: async () => true,
    assume: async () => ({ principal: {}, credentials: {} }) as never,
  },
  clock: { nowMs: () => 0, monotonicMs: () => 0 },
  ids: randomIds,
};
const version = (pinnedRuntimeVersionArn: string): FunctionVersion => ({
  account: '000000000000',
  region: 'eu-west-1',
  name: 'f',
  version: '$LATEST',
  incarnation: 'one',
  runtime: 'nodejs22.x',
  pinnedRuntimeVersionArn,
  handler: 'index.handler',
  role: 'arn:aws:iam::000000000000:role/runs',
  architecture: 'x86_64',
  memoryMib: 128,
  timeoutSeconds: 3,
  ephemeralMib: 512,
  environment: {},
  logging: { format: 'Text', group: '/aws/lambda/f' },
  code: { sha256: '', sizeBytes: 1 },
});

test('a function that is held on the version of the runtime that is here is prepared', async () => {
  const arn = runtimeVersionArn('eu-west-1', 'nodejs:22.v2');
  await expect(prepareEnvironment(deps, version(arn))).resolves.toMatchObject({ installation });
});

test('a function that is held on another version of the runtime is not run on this one', async () => {
  const arn = runtimeVersionArn('eu-west-1', 'nodejs:22.v1');
  const problem = prepareEnvironment(deps, version(arn));
  await expect(problem).rejects.toBeInstanceOf(RuntimeUnavailable);
  await expect(problem).rejects.toThrow(`The function is held on ${arn} of nodejs22.x`);
});
