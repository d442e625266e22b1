import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Subscription } from './subscription.ts';
import { TelemetryRelay } from './telemetry-relay.ts';

let relay: TelemetryRelay;
let close: () => void;
let port: number;
/** What each connection has brought, in the order of the connections. */
let received: string[];

beforeEach(async () => {
  received = [];
  const server = createServer((socket) => {
    const index = received.push('') - 1;
    socket
      .setEncoding('utf8')
      .on('data', (text) => (received[index] = (received[index] ?? '') + text));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
  close = () => server.close();
  const open = async (to: number): Promise<ReturnType<typeof connect>> => {
    const socket = connect(to, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  };
  relay = new TelemetryRelay(open, () => 0, false);
});

afterEach(() => {
  relay.close();
  close();
});

const line = (record: string): void => relay.publish({ type: 'function', record, atMs: 0 });
const started = (requestId: string): void =>
  relay.publish({
    type: 'platform.start',
    record: { requestId, functionArn: 'arn', version: '1' },
    atMs: 0,
  });

function subscription(kinds: Subscription['kinds']): Subscription {
  return {
    dialect: { api: 'telemetry', schemaVersion: '2022-07-01' },
    kinds,
    destination: { protocol: 'TCP', port },
    buffering: { maxItems: 10_000, maxBytes: 1_048_576, timeoutMs: 30_000 },
  };
}

const eventsOf = (
  text: string | undefined,
): { readonly type: string; readonly record: unknown }[] =>
  (text ?? '')
    .trim()
    .split('\n')
    .map((each) => JSON.parse(each));

test('each subscriber gets what it asked for, also what was before it', async () => {
  line('early');
  started('one');
  relay.subscribe('first', subscription(['platform']));
  relay.subscribe('second', subscription(['function']));
  line('late');
  await relay.flush();
  await expect.poll(() => received.filter((text) => text.endsWith('\n'))).toHaveLength(2);
  const all = received.flatMap((text) => eventsOf(text)).map(({ type }) => type);
  expect(all.toSorted()).toEqual(['function', 'function', 'platform.start']);
});

test('a second subscription of an extension takes the place of its first', async () => {
  relay.subscribe('one', subscription(['function']));
  relay.subscribe('one', subscription(['platform']));
  line('nobody wants it');
  started('wanted');
  await relay.flush();
  await expect.poll(() => received.join('').endsWith('\n')).toBe(true);
  expect(eventsOf(received.join('')).map(({ type }) => type)).toEqual(['platform.start']);
});

test('after init nobody can come any more, and without a subscriber nobody watches', () => {
  expect([relay.isOpen, relay.isWatched]).toEqual([true, true]);
  relay.closeSubscriptions();
  expect([relay.isOpen, relay.isWatched]).toEqual([false, false]);
  relay.reset();
  expect([relay.isOpen, relay.isWatched]).toEqual([true, true]);
});

test('of a flood in init a part is kept, and what the platform says after it', async () => {
  for (let count = 0; count < 50_000; count++) line('x'.repeat(100));
  started('last');
  relay.subscribe('late', subscription(['platform', 'function']));
  await relay.flush();
  await expect.poll(() => received.join('').includes('"last"')).toBe(true);
  const events = eventsOf(received.join(''));
  expect(events.length).toBeGreaterThan(5_000);
  expect(events.length).toBeLessThan(6_000);
});
