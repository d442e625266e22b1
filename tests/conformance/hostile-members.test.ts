/**
 * Random, oversized and mistyped members for every operation that is served, as no client sends
 * them: the answer is never an internal error, and what was refused has changed nothing. Whether
 * it has is asked of the database itself, which knows of every commit.
 */
import { request } from 'node:http';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { IAMClient } from '@aws-sdk/client-iam';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ServiceName } from '../../packages/server/src/core/operation.ts';
import { percentEncode } from '../../packages/server/src/wire/percent.ts';
import {
  loadServiceModel,
  type OperationModel,
  type ServiceModel,
} from '../../packages/server/src/wire/service-model.ts';
import type { Member } from '../../packages/server/src/wire/shape.ts';
import { serviceNames } from '../../packages/server/src/wire/sdk-client.testsuite.ts';
import { signRequest } from '../../packages/server/src/wire/sigv4.ts';
import { clientSettings } from '../../packages/testkit/src/client-settings.ts';
import { createFunctionRole } from '../../packages/testkit/src/create-function-role.ts';
import { startServer, type TestServer } from '../../packages/testkit/src/start-server.ts';

let server: TestServer;
let database: DatabaseSync;
beforeAll(async () => {
  server = await startServer({ args: ['--isolation', 'process'] });
  const iam = new IAMClient({
    ...clientSettings(server.endpoint),
  });
  await createFunctionRole(iam, 'runs');
  iam.destroy();
  database = new DatabaseSync(path.join(server.dataFolder, 'hearth.sqlite'), { readOnly: true });
});
afterAll(async () => {
  database?.close();
  await server?.[Symbol.asyncDispose]();
});

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Things that are there, so that more than the first check of an operation is reached. */
const known = [
  'runs',
  'arn:aws:iam::000000000000:role/runs',
  'arn:aws:iam::aws:policy/AdministratorAccess',
  '$LATEST',
  'nodejs22.x',
  'index.handler',
  'lambda:InvokeFunction',
  '000000000000',
  '1',
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
];
const text = fc.oneof(
  fc.constantFrom(...known),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('', 'x'.repeat(70_000), '\0', '__proto__', '../..', '-1', 'NaN', '\u{1f525}'),
);
const anything = fc.oneof(
  text,
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(1e300, -1, 0.5, 2 ** 53, true, null, [], {}),
  fc.array(text, { maxLength: 3 }),
  fc.constant(Array.from({ length: 2_000 }, () => 'x')),
  fc.dictionary(fc.string({ minLength: 1, maxLength: 4 }), text, { maxKeys: 3 }),
);

type Values = Readonly<Record<string, unknown>>;

/** Required members mostly there, the others now and then; whatever they hold. */
function valuesFor(members: readonly Member[]): fc.Arbitrary<Values> {
  const fields = members.map((member): [string, fc.Arbitrary<unknown>] => {
    const value = member.shape.kind === 'string' ? fc.oneof(text, text, anything) : anything;
    const isThere = member.isRequired || member.traits.isLabel ? 9 : 3;
    const weighted = fc.oneof(
      { arbitrary: value, weight: isThere },
      { arbitrary: fc.constant(undefined), weight: 10 - isThere },
    );
    return [member.name, weighted];
  });
  return fc.record(Object.fromEntries(fields), { noNullPrototype: true });
}

const asText = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value ?? '');

function requestOf(model: ServiceModel, operation: OperationModel, values: Values): Sent {
  switch (model.protocol) {
    case 'restJson1':
    case 'restXml':
      return restRequest(model, operation, values);
    case 'awsQuery':
      return {
        method: 'POST',
        path: '/',
        query: '',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: queryText({ Action: operation.name, Version: model.apiVersion, ...flat(values) }),
      };
    case 'awsJson1.0':
    case 'awsJson1.1':
      return {
        method: 'POST',
        path: '/',
        query: '',
        headers: {
          'content-type': `application/x-amz-json-${model.protocol.slice(-3)}`,
          'x-amz-target': `${model.targetPrefix}.${operation.name}`,
        },
        body: JSON.stringify(values),
      };
  }
}

function restRequest(model: ServiceModel, operation: OperationModel, values: Values): Sent {
  const { method = 'GET', uri = '/' } = operation.http ?? {};
  const [route = '', fixed = ''] = uri.split('?');
  const headers: Record<string, string> = {};
  const query: string[] = fixed === '' ? [] : [fixed];
  const document: Record<string, unknown> = {};
  let filled = route;
  for (const { name, traits } of operation.input.members) {
    const value = values[name];
    if (traits.isLabel) {
      filled = filled.replace(new RegExp(`\\{${name}\\+?\\}`), percentEncode(asText(value)));
    } else if (value === undefined) continue;
    else if (traits.header !== undefined) {
      headers[traits.header.toLowerCase()] = asText(value)
        .replaceAll(/[^ -~]/g, '?')
        .slice(0, 900);
    } else if (traits.query !== undefined) {
      query.push(`${percentEncode(traits.query)}=${percentEncode(asText(value).slice(0, 900))}`);
    } else document[name] = value;
  }
  const isJson = model.protocol === 'restJson1';
  const entries = Object.entries(document);
  const xml = entries.map(([name, value]) => `<${name}>${asText(value)}</${name}>`).join('');
  const isBare = method === 'GET' || method === 'HEAD' || method === 'DELETE';
  return {
    method,
    path: filled.slice(0, 4_000),
    query: query.join('&'),
    headers: { 'content-type': isJson ? 'application/json' : 'application/xml', ...headers },
    body: isBare ? '' : isJson ? JSON.stringify(document) : `<Request>${xml}</Request>`,
  };
}

function flat(values: Values): Record<string, string> {
  const entries = Object.entries(values).flatMap(([name, value]): [string, string][] => {
    if (value === undefined) return [];
    if (Array.isArray(value)) {
      return value.map((each, index) => [`${name}.member.${index + 1}`, asText(each)]);
    }
    if (typeof value !== 'object' || value === null) return [[name, asText(value)]];
    return Object.entries(value).map(([key, each]) => [`${name}.${key}`, asText(each)]);
  });
  return Object.fromEntries(entries);
}

function queryText(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .join('&');
}

function send(service: string, sent: Sent): Promise<number> {
  const { hostname, port, host } = new URL(server.endpoint);
  const body = Buffer.from(sent.body);
  const raw = { ...sent, body, headers: { ...sent.headers, host } };
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const scope = { region: 'us-east-1', service, nowMs: Date.now() };
  const headers = {
    ...raw.headers,
    'content-length': String(body.length),
    ...signRequest(raw, credentials, scope),
  };
  const { method, query } = sent;
  return new Promise((resolve, reject) => {
    const target = query === '' ? sent.path : `${sent.path}?${query}`;
    const outgoing = request({ hostname, port, method, path: target, headers }, (incoming) => {
      incoming.resume();
      incoming.on('end', () => resolve(incoming.statusCode ?? 0));
      incoming.on('error', () => resolve(incoming.statusCode ?? 0));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Changes with every commit of the server. */
function commits(): unknown {
  return database.prepare('PRAGMA data_version').get()?.['data_version'];
}

/** Nothing starts in the background that could commit later: no function is ever created. */
describe.each(serviceNames)('%s', (service: ServiceName) => {
  const model = loadServiceModel(service);
  test('answers whatever its operations are given, and keeps nothing of what it refuses', async () => {
    const statuses = new Map<number, number>();
    for (const operation of model.operations.values()) {
      const inputs = fc.sample(valuesFor(operation.input.members), { numRuns: 12, seed: 11 });
      for (const values of inputs) {
        const before = commits();
        const sent = requestOf(model, operation, values);
        const status = await send(model.signingName, sent);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        // What is not served is not served whatever it is given.
        if (status === 501) break;
        const shown = `${operation.name} ${JSON.stringify(values).slice(0, 2_000)}`;
        expect(`${status} ${shown}`).toMatch(/^[234]\d\d /);
        if (status >= 400) expect(`${commits()} ${shown}`).toBe(`${before} ${shown}`);
      }
    }
    // Both kinds were reached: a walk in which everything fails to parse shows nothing.
    expect([...statuses.keys()].some((status) => status < 300)).toBe(true);
    expect(statuses.get(400)).toBeGreaterThan(0);
  });
});
