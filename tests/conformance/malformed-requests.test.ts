/**
 * What no client sends: arbitrary methods, paths, headers and bodies, unsigned and signed, and
 * bytes that are not HTTP. The answer is always a 4xx (or 501 by name), and the server lives on.
 */
import { request } from 'node:http';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signRequest } from '../../packages/server/src/wire/sigv4.ts';
import { startServer, type TestServer } from '../../packages/testkit/src/start-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ args: ['--isolation', 'process'] });
});
afterAll(async () => server?.[Symbol.asyncDispose]());

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

function send({ method, path, query, headers, body }: Sent): Promise<number> {
  const { hostname, port } = new URL(server.endpoint);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { hostname, port, method, path: query === '' ? path : `${path}?${query}`, headers },
      (incoming) => {
        incoming.resume();
        incoming.on('end', () => resolve(incoming.statusCode ?? 0));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const segment = fc.oneof(
  fc.constantFrom('functions', 'layers', 'tags', 'invocations', 'a', '..', '%00', '%2e%2e', '%'),
  fc.stringMatching(/^[!-.0->@-~]{0,12}$/),
);
const paths = fc.oneof(
  fc.array(segment, { maxLength: 5 }).map((parts) => `/2015-03-31/${parts.join('/')}`),
  fc.array(segment, { maxLength: 4 }).map((parts) => `/${parts.join('/')}`),
);
const bodies = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.json().map((text) => Buffer.from(text)),
  fc.constant(Buffer.from('{"__proto__":{"x":1},"FunctionName":{"a":[]},"Code":7}')),
  fc.constant(Buffer.from('['.repeat(100_000))),
  fc.constant(
    Buffer.from('Action=CreateRole&Version=2010-05-08&RoleName=%zz&Tags.member.-1.Key=a'),
  ),
);
const requests = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'),
  path: paths,
  query: fc.stringMatching(/^[!-"$-~]{0,30}$/),
  service: fc.constantFrom(
    'lambda',
    'logs',
    'iam',
    'sts',
    's3',
    'sqs',
    'events',
    'xray',
    'nonsense',
  ),
  contentType: fc.constantFrom(
    'application/json',
    'application/x-amz-json-1.1',
    'application/x-www-form-urlencoded; charset=utf-8',
    'text/plain',
    '',
  ),
  target: fc.constantFrom('', 'Logs_20140328.PutLogEvents', 'Logs_20140328.Nothing', 'X.Y'),
  body: bodies,
});

function headersOf({
  contentType,
  target,
  body,
}: {
  contentType: string;
  target: string;
  body: Uint8Array;
}): Record<string, string> {
  return {
    host: new URL(server.endpoint).host,
    'content-length': String(body.byteLength),
    ...(contentType === '' ? {} : { 'content-type': contentType }),
    ...(target === '' ? {} : { 'x-amz-target': target }),
  };
}

async function isHealthy(): Promise<boolean> {
  return (await fetch(`${server.endpoint}/_hearth/health`)).ok;
}

test('signed nonsense is refused by its service, never an internal error', async () => {
  await fc.assert(
    fc.asyncProperty(requests, async (each) => {
      const headers = headersOf(each);
      const raw = { ...each, headers, path: each.path.replaceAll('\\', '') };
      const signed = signRequest(
        raw,
        { accessKeyId: 'test', secretAccessKey: 'test' },
        {
          region: 'us-east-1',
          service: each.service,
          nowMs: Date.now(),
        },
      );
      const status = await send({ ...raw, headers: { ...headers, ...signed } });
      expect([200, 201, 202, 204, 400, 403, 404, 405, 409, 413, 501]).toContain(status);
    }),
    { numRuns: 400 },
  );
  expect(await isHealthy()).toBe(true);
});

test('unsigned nonsense never acts', async () => {
  await fc.assert(
    fc.asyncProperty(requests, fc.string({ maxLength: 60 }), async (each, authorization) => {
      const headers = {
        ...headersOf(each),
        ...(/^[ -~]+$/.test(authorization) ? { authorization } : {}),
      };
      const status = await send({ ...each, headers });
      expect([400, 403, 404, 405, 413, 501]).toContain(status);
    }),
    { numRuns: 300 },
  );
  expect(await isHealthy()).toBe(true);
});

test('bytes that are not HTTP get a 4xx, a 501 by name, or nothing', async () => {
  const { hostname, port } = new URL(server.endpoint);
  const sendRaw = (bytes: Uint8Array): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(Number(port), hostname);
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.on('error', () => {});
      socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
      socket.end(bytes);
    });
  const smuggling = [
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    'GET / HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n',
    'GET /\r\nhost: a HTTP/1.1\r\n\r\n',
    `GET / HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(2_000_000)}\r\n\r\n`,
  ];
  for (const text of smuggling) {
    expect(await sendRaw(Buffer.from(text))).toMatch(/^(HTTP\/1\.1 (4\d\d|501) |$)/);
  }
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      expect(await sendRaw(bytes)).toMatch(/^(HTTP\/1\.1 (4\d\d|501) |$)/);
    }),
    { numRuns: 100 },
  );
  expect(await isHealthy()).toBe(true);
});
