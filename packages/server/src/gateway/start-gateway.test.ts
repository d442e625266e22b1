import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openIam } from '../../../testkit/src/open-iam.ts';
import { systemClock } from '../lib/clock.ts';
import { randomIds } from '../lib/ids.ts';
import { createLogger, silentLogger } from '../lib/logger.ts';
import { createStsService } from '../services/sts/service.ts';
import { presignUrl } from '../wire/sigv4.ts';
import type { OwnPath } from './own-paths.ts';
import { serve } from './served-service.ts';
import { startGateway, type Gateway } from './start-gateway.ts';

/** Short enough for a test, long enough for every request of one that is not slow on purpose. */
const patience = { headMs: 2_000, requestMs: 3_000, lookEveryMs: 100 };

let gateway: Gateway;
beforeEach(async () => {
  const { identities } = await openIam(Date.now());
  const logs = { name: 'logs', operations: new Map() } as const;
  const lambda = { name: 'lambda', operations: new Map() } as const;
  const deps = { identities, clock: systemClock, ids: randomIds, logger: silentLogger };
  gateway = await startGateway(
    { ...deps, services: serve([createStsService(deps), logs, lambda]), ownPaths: [fails, sizes] },
    { host: '127.0.0.1', port: 0, graceMs: 0, patience },
  );
});
afterEach(async () => {
  await gateway.close();
});

const fails: OwnPath = async ({ path }) => {
  if (path === '/_hearth/fails') throw new Error('the disk is gone');
  return undefined;
};

/** Answers with so many bytes, all values in turn. */
const sizes: OwnPath = async ({ path }) => {
  const size = /^\/_hearth\/bytes\/(\d+)$/.exec(path)?.[1];
  return size === undefined ? undefined : { status: 200, headers: {}, body: bytes(Number(size)) };
};
const bytes = (size: number): Buffer =>
  Buffer.from(Uint8Array.from({ length: size }, (_, at) => at));

const key = { accessKeyId: 'test', secretAccessKey: 'test' };
const callerIdentity = (options: { readonly region?: string; readonly method?: string } = {}) =>
  presignUrl(`${gateway.endpoint}/?Action=GetCallerIdentity&Version=2011-06-15`, key, {
    method: options.method ?? 'GET',
    expiresSeconds: 60,
    service: 'sts',
    region: options.region ?? 'us-east-1',
    nowMs: Date.now(),
  });

/** Unlike fetch it sends the headers of a browser, and any Host. */
function get(url: string, headers: Record<string, string> = {}): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.once('error', reject).end();
  });
}

describe('a web page', () => {
  test('cannot use the well-known key through a presigned address', async () => {
    expect(await get(callerIdentity())).toBe(200);
    expect(await get(callerIdentity(), { origin: 'https://example.com' })).toBe(403);
    expect(await get(callerIdentity(), { 'sec-fetch-site': 'cross-site' })).toBe(403);
  });

  test('cannot read anything under a name of its own that points here', async () => {
    expect(await get(`${gateway.endpoint}/_hearth/none`)).toBe(404);
    expect(await get(`${gateway.endpoint}/_hearth/none`, { host: 'example.com' })).toBe(403);
  });
});

test('a port that is taken is the caller’s to tell: nothing is logged', async () => {
  const { identities } = await openIam(Date.now());
  const lines: string[] = [];
  const logger = createLogger((line) => lines.push(line), 'debug');
  const deps = { identities, clock: systemClock, ids: randomIds, logger };
  const port = Number(new URL(gateway.endpoint).port);
  await expect(
    startGateway(
      { ...deps, services: serve([]), ownPaths: [] },
      { host: '127.0.0.1', port, graceMs: 0 },
    ),
  ).rejects.toThrow('EADDRINUSE');
  expect(lines).toEqual([]);
});

test('an own path that fails is answered, and the connection stays in order', async () => {
  expect(await get(`${gateway.endpoint}/_hearth/fails`)).toBe(500);
});

test('who reads only after sending gets the whole answer, also where the body was not wanted', async () => {
  const { hostname, port } = new URL(gateway.endpoint);
  const client = connect({ host: hostname, port: Number(port) }).pause();
  const size = 8_000_000;
  const head = `POST /_hearth/bytes/100 HTTP/1.1\r\nhost: ${hostname}\r\ncontent-length: ${size}\r\n\r\n`;
  client.write(head);
  for (let sent = 0; sent < size; sent += 100_000) {
    await new Promise((resolve) => client.write(Buffer.alloc(100_000), resolve));
  }
  const answer: Buffer[] = [];
  client.on('data', (chunk: Buffer) => answer.push(chunk)).resume();
  await once(client, 'close');
  expect(Buffer.concat(answer).toString('latin1')).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(Buffer.concat(answer).subarray(-100)).toEqual(bytes(100));
});

describe('callers who send little by little', () => {
  const head = 'POST /2015-03-31/functions HTTP/1.1\r\nhost: 127.0.0.1\r\n';
  const trickles = async (start: string): Promise<string> => {
    const client = connect(Number(new URL(gateway.endpoint).port), '127.0.0.1');
    const answer: Buffer[] = [];
    client.on('error', () => {}).on('data', (chunk: Buffer) => answer.push(chunk));
    client.write(start);
    const drops = setInterval(() => client.write('x'), 50);
    try {
      await once(client, 'close');
    } finally {
      clearInterval(drops);
    }
    return Buffer.concat(answer).toString();
  };

  test.each([
    ['head', head],
    ['body', `${head}content-length: 1000000\r\n\r\n`],
  ])('are told 408 and cut, when it is the %s, and keep nobody waiting', async (_, start) => {
    const slow = Promise.all(Array.from({ length: 100 }, () => trickles(start)));
    expect(await get(callerIdentity())).toBe(200);
    for (const answer of await slow) expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
  });
});

test.each([0, 1, 256, 16_384, 16_385, 100_000])(
  'an answer of %i bytes arrives as it is, and HEAD tells its size',
  async (size) => {
    const url = `${gateway.endpoint}/_hearth/bytes/${size}`;
    const got = await fetch(url);
    expect(Buffer.from(await got.arrayBuffer()).equals(bytes(size))).toBe(true);
    const { headers } = await fetch(url, { method: 'HEAD' });
    expect(headers.get('content-length')).toBe(String(size));
  },
);

describe('a signature', () => {
  test('is good for the service of its scope alone, whatever X-Amz-Target says', async () => {
    const other = { 'x-amz-target': 'Logs_20140328.DescribeLogGroups' };
    const answer = await fetch(callerIdentity({ method: 'POST' }), {
      method: 'POST',
      headers: other,
    });
    expect(await answer.json()).toMatchObject({
      message: "Credential should be scoped to correct service: 'logs'.",
    });
  });

  test.each(['eu-west-1', 'us-gov-east-1', 'us-isob-east-1', 'ap-southeast-5', 'eusc-de-east-1'])(
    'is good in region %s',
    async (region) => {
      expect(await get(callerIdentity({ region }))).toBe(200);
    },
  );

  test.each(['', '*', '..', 'us-east-1:111111111111', 'US-EAST-1', 'mars'])(
    'of a region that is none (%j) is refused',
    async (region) => {
      expect(await get(callerIdentity({ region }))).toBe(403);
    },
  );
});

describe('a sandbox', () => {
  let door: Server;
  const clients: Socket[] = [];
  beforeEach(async () => {
    door = createServer((socket) => gateway.acceptFromSandbox(socket, 'one')).listen(
      0,
      '127.0.0.1',
    );
    await once(door, 'listening');
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.destroy();
    door.close();
  });
  const open = async (): Promise<Socket> => {
    const client = connect((door.address() as AddressInfo).port, '127.0.0.1');
    clients.push(client.on('error', () => {}));
    await once(client, 'connect');
    return client;
  };

  test('keeps no more than 128 connections, and gets new ones for those that it closes', async () => {
    for (let count = 0; count < 128; count++) await open();
    const refused = await open();
    await once(refused.resume(), 'close');
    clients[0]?.destroy();
    for (;;) {
      const next = await open();
      next.write('GET /_hearth/none HTTP/1.1\r\nhost: x\r\n\r\n');
      const [said] = await Promise.race([once(next, 'data'), once(next, 'close')]);
      if (Buffer.isBuffer(said)) return expect(said.toString()).toContain(' 404 ');
    }
  });

  test('has no room for more bodies than the server has memory, until one has ended', async () => {
    const upload =
      'PUT /2015-03-31/functions/f/code HTTP/1.1\r\nhost: x\r\ncontent-length: 70000000\r\n\r\n';
    const uploads = [await open(), await open(), await open()];
    for (const each of uploads) each.write(`${upload}{`);
    const tooMany = async (): Promise<boolean> => {
      const next = await open();
      next.write(`${upload}{`);
      const said = await Promise.race([once(next, 'data'), setTimeout(100)]);
      return String(said).includes(' 429 ');
    };
    expect(await tooMany()).toBe(true);
    uploads[0]?.destroy();
    while (await tooMany());
  });

  test('loses its connections when the gateway closes', async () => {
    const client = await open();
    client.write('GET /_hearth/none HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(client, 'data');
    await Promise.all([once(client, 'close'), gateway.close()]);
  });
});
