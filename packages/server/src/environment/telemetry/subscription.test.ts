import { expect, test } from 'vitest';
import { parseSubscription } from './subscription.ts';

const http = { protocol: 'HTTP', URI: 'http://sandbox.localdomain:8080' };
const good = { schemaVersion: '2022-07-01', types: ['platform'], destination: http };

function parse(changes: object, api: 'telemetry' | 'logs' = 'telemetry'): unknown {
  const parsed = parseSubscription(api, Buffer.from(JSON.stringify({ ...good, ...changes })));
  return parsed.kind === 'refused' ? parsed.message : parsed.subscription;
}

test('what is left out has the defaults of AWS', () => {
  expect(parse({})).toEqual({
    dialect: { api: 'telemetry', schemaVersion: '2022-07-01' },
    kinds: ['platform'],
    destination: { protocol: 'HTTP', port: 8080, path: '/', method: 'POST' },
    buffering: { maxItems: 10_000, maxBytes: 262_144, timeoutMs: 1_000 },
  });
  expect(parse({ schemaVersion: undefined }, 'logs')).toMatchObject({
    dialect: { api: 'logs', schemaVersion: '2020-08-15' },
  });
});

test.for([
  [{ URI: 'http://sandbox:8124/lambda/logs?a=1' }, { port: 8124, path: '/lambda/logs?a=1' }],
  [{ URI: 'http://sandbox.localdomain:80' }, { port: 80, path: '/' }],
  [{ method: 'PUT', encoding: 'JSON' }, { method: 'PUT' }],
  [{ method: '', encoding: '' }, { method: 'POST' }],
] as const)('a destination with %j is taken', ([changes, expected]) => {
  const parsed = parse({ destination: { ...http, ...changes } });
  expect(parsed).toMatchObject({ destination: expected });
});

test('limits are taken where they are, and each kind once', () => {
  const buffering = { maxItems: 1_000, maxBytes: 1_048_576, timeoutMs: 30_000 };
  expect(parse({ buffering, types: ['function', 'platform', 'function'] })).toMatchObject({
    buffering,
    kinds: ['function', 'platform'],
  });
  expect(parse({ destination: { protocol: 'TCP', port: 65_535 } })).toMatchObject({
    destination: { protocol: 'TCP', port: 65_535 },
  });
});

const wrongTypes = 'types should be among [platform, function, extension]';
const badUri = 'URI should be of the form http://sandbox.localdomain:port/path';

test.for([
  [
    { destination: { ...http, URI: 'http://sandbox.localdomain' }, types: [] },
    'URI port is not provided; types should not be empty',
  ],
  [
    { schemaVersion: '2021-03-18' },
    'schemaVersion should be one of [2022-07-01, 2022-12-13, 2025-01-29]',
  ],
  [
    { schemaVersion: undefined },
    'schemaVersion should be one of [2022-07-01, 2022-12-13, 2025-01-29]',
  ],
  [{ types: ['everything'] }, wrongTypes],
  [{ types: [{ platform: true }] }, wrongTypes],
  [{ types: 'platform' }, 'types should not be empty'],
  [{ destination: undefined }, 'destination should not be empty'],
  [{ destination: { protocol: 'UDP' } }, 'protocol should be one of [HTTP, TCP]'],
  [
    { destination: { ...http, URI: 'http://example.com:80' } },
    'URI host should be sandbox.localdomain',
  ],
  [
    { destination: { ...http, URI: 'http://127.0.0.1:8080' } },
    'URI host should be sandbox.localdomain',
  ],
  [{ destination: { ...http, URI: 'https://sandbox.localdomain:8080' } }, badUri],
  [{ destination: { ...http, URI: 'nonsense' } }, badUri],
  [{ destination: { ...http, URI: 'http://sandbox:9001' } }, 'port 9001 is reserved'],
  [{ destination: { ...http, method: 'GET' } }, 'method should be one of [POST, PUT]'],
  [{ destination: { protocol: 'TCP', port: 9001 } }, 'port 9001 is reserved'],
  [{ destination: { protocol: 'TCP', port: 70_000 } }, 'port should be between 1 and 65535'],
  [{ destination: { protocol: 'TCP', port: 80.5 } }, 'port should be between 1 and 65535'],
  [{ destination: { protocol: 'TCP' } }, 'port is not provided'],
  [{ buffering: { maxItems: 999 } }, 'maxItems should be between 1000 and 10000'],
  [{ buffering: { maxBytes: 1_048_577 } }, 'maxBytes should be between 262144 and 1048576'],
  [{ buffering: { timeoutMs: '25' } }, 'timeoutMs should be between 25 and 30000'],
  [{ buffering: 5 }, 'buffering should be an object'],
] as const)('%j is refused', ([changes, message]) => {
  expect(parse(changes)).toBe(message);
});

test.for(['', '[]', 'null', '{broken', '"text"'])('a body of %j is refused', (body) => {
  expect(parseSubscription('telemetry', Buffer.from(body))).toEqual({
    kind: 'refused',
    message: 'request body is not a valid JSON object',
  });
});
