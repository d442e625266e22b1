import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../../lib/logger.ts';
import { RuntimeSession } from '../runtime-api/runtime-session.ts';
import { startRuntimeApi } from '../runtime-api/start-runtime-api.ts';
import type { ExtensionRegistry } from './extension-registry.ts';

const facts = {
  functionName: 'hello',
  functionVersion: '$LATEST',
  handler: 'index.handler',
  accountId: '123456789012',
};
const invocation = {
  deadlineAtMs: 1_700_000_000_000.4,
  requestId: 'request-1',
  invokedArn: 'arn:aws:lambda:us-east-1:123456789012:function:hello',
  traceHeader: 'Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1',
};

let registry: ExtensionRegistry;
let base: string;
let failures: string[];
let close: () => Promise<void>;

beforeEach(async () => {
  const session = new RuntimeSession({
    parked() {},
    answering() {},
    initFailed() {},
    answered() {},
  });
  registry = session.extensions;
  failures = [];
  registry.open(facts, { changed() {}, failed: (_, errorType) => failures.push(errorType) });
  const api = startRuntimeApi({ logger: silentLogger });
  const listener = createServer((socket) => api.accept(socket, session));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  base = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/2020-01-01/extension`;
  close = async () => {
    session.cut();
    listener.close();
    await api.close();
  };
});

afterEach(() => close());

function register(
  name: string | undefined,
  body: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${base}/register`, {
    method: 'POST',
    body,
    headers: { ...(name === undefined ? {} : { 'Lambda-Extension-Name': name }), ...headers },
  });
}

async function registered(name: string, events: readonly string[]): Promise<string> {
  const response = await register(name, JSON.stringify({ events }));
  expect(response.status).toBe(200);
  return response.headers.get('Lambda-Extension-Identifier')!;
}

function next(identifier?: string): Promise<Response> {
  const headers = identifier === undefined ? {} : { 'Lambda-Extension-Identifier': identifier };
  return fetch(`${base}/event/next`, { headers: headers as Record<string, string> });
}

async function refusalOf(response: Response): Promise<string> {
  expect(response.status).toBe(403);
  const { errorType, errorMessage } = (await response.json()) as Record<string, string>;
  return `${errorType}: ${errorMessage}`;
}

describe('an extension that registers', () => {
  test('is told about the function, and about its account where it asks', async () => {
    registry.expect('agent');
    const plain = await register('agent', '{"events":["INVOKE","SHUTDOWN"]}');
    expect(plain.headers.get('content-type')).toBe('application/json');
    expect(await plain.json()).toEqual({
      functionName: 'hello',
      functionVersion: '$LATEST',
      handler: 'index.handler',
    });
    const account = await register('inner', '{"events":[]}', {
      'Lambda-Extension-Accept-Feature': 'other, accountId',
    });
    expect(await account.json()).toMatchObject({ accountId: '123456789012' });
  });

  test.for([
    [undefined, '{}', 'Extension.InvalidExtensionName: Empty extension name'],
    ['a', '', 'InvalidRequestFormat: unexpected end of JSON input'],
    ['a', '[]', 'InvalidRequestFormat: the body is not a JSON object'],
    ['a', '{"events":"INVOKE"}', 'InvalidRequestFormat: events is not a list of strings'],
    ['a', '{"events":[1]}', 'InvalidRequestFormat: events is not a list of strings'],
    [
      'a',
      '{"events":[],"configurationKeys":["x"]}',
      'InvalidRequestFormat: configurationKeys are deprecated; use environment variables instead',
    ],
    ['a', '{"events":["OTHER"]}', 'Extension.InvalidEventType: OTHER: ErrorInvalidEventType'],
    [
      'a',
      '{"events":["SHUTDOWN"]}',
      'Extension.InvalidEventType: SHUTDOWN: ShutdownEventNotSupportedForInternalExtension',
    ],
  ] as const)('as %s with %j is refused', async ([name, body, sentence]) => {
    expect(await refusalOf(await register(name, body))).toBe(sentence);
    expect(registry.all).toEqual([]);
  });

  test('a second time is refused', async () => {
    registry.expect('agent');
    await registered('agent', ['SHUTDOWN']);
    await registered('inner', []);
    expect(await refusalOf(await register('agent', '{}'))).toBe(
      'Extension.InvalidExtensionState: State transition from Registered to Registered failed ' +
        'for extension agent. Error: State transition is not allowed',
    );
    expect(await refusalOf(await register('inner', '{}'))).toBe(
      'Extension.InvalidExtensionState: Extension with this name already registered',
    );
  });

  test('as the eleventh is refused', async () => {
    for (let each = 0; each < 4; each++) registry.expect(`outer-${each}`);
    for (let each = 0; each < 6; each++) await registered(`inner-${each}`, ['INVOKE']);
    expect(await refusalOf(await register('one-more', '{}'))).toBe(
      'Extension.TooManyExtensions: Extension limit (10) reached',
    );
  });

  test('after the runtime has asked for its first event is refused', async () => {
    registry.closeRegistration();
    expect(await refusalOf(await register('late', '{}'))).toBe(
      'Extension.RegistrationClosed: Extension registration closed already',
    );
  });

  test('with more than it needs is refused', async () => {
    const response = await register('big', JSON.stringify({ events: [], x: 'x'.repeat(300_000) }));
    expect(response.status).toBe(413);
  });
});

describe('an extension that asks for its next event', () => {
  test('gets INVOKE as AWS documents it', async () => {
    const identifier = await registered('inner', ['INVOKE']);
    const waiting = next(identifier);
    await expect.poll(() => registry.areReady).toBe(true);
    registry.deliver(invocation);
    expect(registry.areReady).toBe(false);
    const response = await waiting;
    expect(response.headers.get('Lambda-Extension-Event-Identifier')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await response.json()).toEqual({
      eventType: 'INVOKE',
      deadlineMs: 1_700_000_000_000,
      requestId: 'request-1',
      invokedFunctionArn: invocation.invokedArn,
      tracing: { type: 'X-Amzn-Trace-Id', value: invocation.traceHeader },
    });
  });

  test('gets SHUTDOWN also where it did not wait for it', async () => {
    registry.expect('agent');
    const identifier = await registered('agent', ['SHUTDOWN']);
    registry.shutdown('timeout', 5);
    expect(await (await next(identifier)).json()).toEqual({
      eventType: 'SHUTDOWN',
      deadlineMs: 5,
      shutdownReason: 'timeout',
    });
  });

  test('without a subscription stays ready while others work', async () => {
    const quiet = await registered('quiet', []);
    const waiting = next(quiet);
    await expect.poll(() => registry.areReady).toBe(true);
    registry.deliver(invocation);
    expect(registry.areReady).toBe(true);
    await close();
    await expect(waiting).rejects.toThrow();
  });

  test('twice at once is refused', async () => {
    const identifier = await registered('inner', ['INVOKE']);
    const waiting = next(identifier);
    await expect.poll(() => registry.areReady).toBe(true);
    expect(await refusalOf(await next(identifier))).toBe(
      `Extension.InvalidExtensionState: State transition from Ready to Ready failed for extension ${identifier}. Error: State transition is not allowed`,
    );
    registry.deliver(invocation);
    expect((await waiting).status).toBe(200);
  });

  test('gets the event that came while its connection was broken', async () => {
    const identifier = await registered('inner', ['INVOKE']);
    const broken = new AbortController();
    const waiting = fetch(`${base}/event/next`, {
      headers: { 'Lambda-Extension-Identifier': identifier },
      signal: broken.signal,
    });
    await expect.poll(() => registry.areReady).toBe(true);
    broken.abort();
    await expect(waiting).rejects.toThrow();
    await expect.poll(() => registry.all[0]?.isWaiting).toBe(false);
    registry.deliver(invocation);
    const retried = next(identifier);
    expect(((await (await retried).json()) as { eventType: string }).eventType).toBe('INVOKE');
  });

  test.for([
    [undefined, 'Extension.MissingExtensionIdentifier: Missing Lambda-Extension-Identifier header'],
    ['x', 'Extension.InvalidExtensionIdentifier: Invalid Lambda-Extension-Identifier'],
    [
      '6f1cdd9d-3f0a-4a7c-9d36-6a0d6c1a3a11',
      'Extension.UnknownExtensionIdentifier: Unknown extension 6f1cdd9d-3f0a-4a7c-9d36-6a0d6c1a3a11',
    ],
  ] as const)('as %s is refused', async ([identifier, sentence]) => {
    expect(await refusalOf(await next(identifier))).toBe(sentence);
  });
});

describe('an extension that gives up', () => {
  const post = (call: string, headers: Record<string, string>): Promise<Response> =>
    fetch(`${base}/${call}`, { method: 'POST', headers, body: '{"errorMessage":"no"}' });

  test('in its init is accepted, once', async () => {
    const headers = {
      'Lambda-Extension-Identifier': await registered('inner', []),
      'Lambda-Extension-Function-Error-Type': 'Extension.NoKey',
    };
    const first = await post('init/error', headers);
    expect(first.status).toBe(202);
    expect(await first.text()).toBe('{"status":"OK"}\n');
    expect(failures).toEqual(['Extension.InitError']);
    expect(registry.all[0]).toMatchObject({ phase: 'InitError', errorType: 'Extension.NoKey' });
    expect(await refusalOf(await post('init/error', headers))).toMatch(
      /^Extension.InvalidExtensionState: State transition from InitError to InitError failed/,
    );
  });

  test('later is accepted as an exit, and its init is over', async () => {
    const identifier = await registered('inner', ['INVOKE']);
    const waiting = next(identifier);
    await expect.poll(() => registry.areReady).toBe(true);
    registry.deliver(invocation);
    await waiting;
    const headers = {
      'Lambda-Extension-Identifier': identifier,
      'Lambda-Extension-Function-Error-Type': 'Extension.Lost',
    };
    expect(await refusalOf(await post('init/error', headers))).toContain(
      'from Running to InitError',
    );
    expect((await post('exit/error', headers)).status).toBe(202);
    expect(failures).toEqual(['Extension.ExitError']);
  });

  test('without saying why is refused', async () => {
    const headers = { 'Lambda-Extension-Identifier': await registered('inner', []) };
    expect(await refusalOf(await post('exit/error', headers))).toBe(
      'Extension.MissingHeader: Lambda-Extension-Function-Error-Type not found',
    );
  });

  test('as somebody unknown is refused', async () => {
    const headers = {
      'Lambda-Extension-Identifier': '6f1cdd9d-3f0a-4a7c-9d36-6a0d6c1a3a11',
      'Lambda-Extension-Function-Error-Type': 'Extension.Lost',
    };
    expect(await refusalOf(await post('exit/error', headers))).toBe(
      'Extension.UnknownExtensionIdentifier: Unknown Lambda-Extension-Identifier',
    );
  });
});

test('unknown calls and wrong methods are refused', async () => {
  expect((await fetch(`${base}/nothing`)).status).toBe(404);
  expect((await fetch(`${base}/register`)).status).toBe(405);
});
