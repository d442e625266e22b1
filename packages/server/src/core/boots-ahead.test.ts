import { expect, test } from 'vitest';
import { canBootAhead, takesBooted } from './boots-ahead.ts';
import type { FunctionVersion } from './function-version.ts';

const version: FunctionVersion = {
  account: '000000000000',
  region: 'eu-west-1',
  name: 'test',
  version: '$LATEST',
  incarnation: 'one',
  runtime: 'nodejs26.x',
  handler: 'index.handler',
  role: 'arn:aws:iam::000000000000:role/test',
  architecture: 'x86_64',
  memoryMib: 128,
  timeoutSeconds: 3,
  ephemeralMib: 512,
  environment: { TABLE: 'orders', PATH_PREFIX: '/a', AWS_ENDPOINT_URL_S3: 'http://s3' },
  logging: { format: 'Text', group: '/aws/lambda/test' },
  code: { sha256: 'code', sizeBytes: 1 },
};
const takes = (changes: Partial<FunctionVersion>): boolean =>
  takesBooted({ ...version, ...changes }, 'x86_64');

test('an ordinary function of Node or Python takes a booted runtime', () => {
  expect(takes({})).toBe(true);
  expect(takes({ runtime: 'python3.13', memoryMib: 10_240 })).toBe(true);
});

test('custom runtimes are not booted ahead', () => {
  for (const runtime of ['provided.al2023', 'provided.al2', 'java25', 'ruby3.4']) {
    expect(canBootAhead(runtime)).toBe(false);
    expect(takes({ runtime })).toBe(false);
  }
});

test.each([
  'NODE_OPTIONS',
  'NODE_EXTRA_CA_CERTS',
  'PYTHONPATH',
  'LD_PRELOAD',
  'LANG',
  'LC_ALL',
  'TZ',
  'UV_THREADPOOL_SIZE',
  'SSL_CERT_FILE',
  'OPENSSL_CONF',
  'MALLOC_ARENA_MAX',
  'AWS_LAMBDA_EXEC_WRAPPER',
  'PWD',
  'HOME',
  'PATH',
])('a function that sets %s is started for itself', (name) => {
  expect(takes({ environment: { [name]: 'x' } })).toBe(false);
});

test('a larger /tmp, or another architecture, is none that a booted runtime has', () => {
  expect(takes({ ephemeralMib: 1_024 })).toBe(false);
  expect(takes({ architecture: 'arm64' })).toBe(false);
});
