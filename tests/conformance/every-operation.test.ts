/**
 * Walks every operation of every API that Hearth serves, by the real SDK clients against a started
 * server, with arbitrary inputs: each is served, or answers a typed error that names it. None is
 * an internal error, and none is answered to somebody without credentials.
 */
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadServiceModel } from '../../packages/server/src/wire/service-model.ts';
import {
  sdkPackages,
  serviceNames,
  valuesOf,
} from '../../packages/server/src/wire/sdk-client.testsuite.ts';
import { startServer, type TestServer } from '../../packages/testkit/src/start-server.ts';

interface AnyClient {
  send(command: unknown): Promise<unknown>;
  destroy(): void;
}
type Constructor<Made> = new (options: unknown) => Made;

const load = createRequire(import.meta.url);
/** A live tail is addressed by a host name of its own, which no client resolves here. */
const unreachable: ReadonlySet<string> = new Set(['StartLiveTail', 'GetLogObject']);

/** AWS: the caller brings a token instead of a signature. */
const unsigned: ReadonlySet<string> = new Set(['AssumeRoleWithWebIdentity']);

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ args: ['--isolation', 'process'] });
});
afterAll(() => server?.[Symbol.asyncDispose]());

test('every API that the server serves is walked here', async () => {
  const health = (await (await fetch(`${server.endpoint}/_hearth/health`)).json()) as {
    readonly services: readonly string[];
  };
  expect(health.services.toSorted()).toEqual([...serviceNames, 's3'].sort());
});

describe.each(serviceNames)('%s', (service) => {
  const model = loadServiceModel(service);
  const [packageName, clientName] = sdkPackages[service];
  const sdk = load(packageName) as Record<string, Constructor<AnyClient>>;
  const names = [...model.operations.keys()].filter((name) => !unreachable.has(name));

  const clients = new Map<string, AnyClient>();
  beforeAll(() => {
    for (const secretAccessKey of ['test', 'wrong']) {
      const credentials = { accessKeyId: 'test', secretAccessKey };
      const settings = { endpoint: server.endpoint, region: 'us-east-1', maxAttempts: 1 };
      clients.set(secretAccessKey, new sdk[clientName]!({ ...settings, credentials }));
    }
  });
  afterAll(() => {
    for (const client of clients.values()) client.destroy();
  });

  const call = async (operation: string, input: object, secret: string): Promise<string> => {
    const client = clients.get(secret)!;
    try {
      await client.send(new sdk[`${operation}Command`]!(input));
      return 'served';
    } catch (error) {
      const { name, message, $metadata } = error as Error & {
        $metadata?: { httpStatusCode?: number };
      };
      return `${$metadata?.httpStatusCode ?? 'client'} ${name}: ${message}`;
    }
  };

  test('has every operation answered, and none by an internal error', async () => {
    const unimplemented: string[] = [];
    for (const name of names) {
      const inputs = fc.sample(valuesOf(model.operations.get(name)!.input), {
        numRuns: 3,
        seed: 7,
      });
      for (const input of inputs) {
        const answer = await call(name, input, 'test');
        if (answer.startsWith('501 ')) {
          expect(answer).toBe(
            `501 NotImplementedException: Hearth does not implement ${service}:${name} yet.`,
          );
          unimplemented.push(name);
        } else {
          expect(`${name} ${answer}`).not.toMatch(/^\S+ 5\d\d /);
        }
      }
    }
    // The generator reaches both kinds: a walk that stops early would see only one.
    expect(names.length).toBeGreaterThan(new Set(unimplemented).size);
  });

  test('refuses every operation when the signature is wrong', async () => {
    for (const name of names) {
      if (unsigned.has(name)) continue;
      const [input] = fc.sample(valuesOf(model.operations.get(name)!.input), {
        numRuns: 1,
        seed: 7,
      });
      const answer = await call(name, input!, 'wrong');
      expect(`${name} ${answer}`).toMatch(
        /^\S+ (40[03] (InvalidSignature|SignatureDoesNotMatch)|501 NotImplemented|client )/,
      );
    }
  });
});
