import { expect, test } from 'vitest';
import type { FunctionVersion } from '../core/function-version.ts';
import { environmentVariables, extensionVariables } from './environment-variables.ts';

const variablesOf = (changes: Partial<FunctionVersion>): Record<string, string> =>
  environmentVariables({
    version: {
      account: '000000000000',
      region: 'eu-west-1',
      name: 'f',
      version: '7',
      incarnation: 'one',
      runtime: 'nodejs22.x',
      handler: 'index.handler',
      role: 'r',
      architecture: 'x86_64',
      memoryMib: 128,
      timeoutSeconds: 3,
      ephemeralMib: 512,
      environment: {},
      logging: { format: 'Text', group: '/shared' },
      code: { sha256: '', sizeBytes: 1 },
      ...changes,
    },
    installation: {
      identifier: 'nodejs22.x',
      versionLabel: 'nodejs:22.v1',
      argv: [],
      env: { NODE_PATH: '/var/runtime' },
      mounts: [],
    },
    credentials: {
      accessKeyId: 'a',
      secretAccessKey: 's',
      sessionToken: 't',
      expiresAtMs: 0,
    },
    logStream: 'a stream',
    initializationType: 'provisioned-concurrency',
    metadataToken: 'm',
    runtimeApi: '169.254.100.1:9001',
    xrayDaemon: '169.254.100.1:2000',
    awsEndpoint: '169.254.100.1:4566',
  });

test('logging in JSON is told with its level, logging in text not at all', () => {
  const group = '/shared';
  const json = variablesOf({ logging: { format: 'JSON', group, applicationLevel: 'DEBUG' } });
  expect(json).toMatchObject({
    AWS_LAMBDA_LOG_FORMAT: 'JSON',
    AWS_LAMBDA_LOG_LEVEL: 'DEBUG',
    AWS_LAMBDA_LOG_GROUP_NAME: group,
  });
  const usual = variablesOf({ logging: { format: 'JSON', group } });
  expect(usual['AWS_LAMBDA_LOG_LEVEL']).toBe('INFO');
  const text = Object.keys(variablesOf({}));
  expect(text.filter((name) => /LOG_(FORMAT|LEVEL)/.test(name))).toEqual([]);
});

test('custom runtimes are not told an execution environment', () => {
  expect(variablesOf({})['AWS_EXECUTION_ENV']).toBe('AWS_Lambda_nodejs22.x');
  expect(variablesOf({ runtime: 'provided.al2023' })).not.toHaveProperty('AWS_EXECUTION_ENV');
});

test("a function's own value takes the place of a default and never of a reserved one", () => {
  const environment = { PATH: '/mine', NODE_PATH: '/own', AWS_REGION: 'mars', MINE: 'x' };
  const variables = variablesOf({ environment });
  // The process gets the function's own variables beside these.
  for (const name of ['PATH', 'NODE_PATH', 'MINE']) expect(variables).not.toHaveProperty(name);
  expect(variables).toMatchObject({ AWS_REGION: 'eu-west-1', TZ: ':UTC' });
});

test('extensions get the credentials and nothing that is of the runtime’s process', () => {
  const names = Object.keys(extensionVariables(variablesOf({})));
  expect(names).toContain('AWS_SESSION_TOKEN');
  expect(names.filter((name) => /^_|TASK_ROOT|RUNTIME_DIR|EXECUTION_ENV|XRAY/.test(name))).toEqual(
    [],
  );
});
