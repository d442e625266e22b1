import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { digestOf } from '../code/fixtures/build-image.ts';
import { parseRegistries } from '../core/registry-list.ts';
import { RemoteRegistry } from './remote-registry.ts';

/** A registry that wants what `wants` says, and writes down what it is asked. */
let server: Server;
let host: string;
let wants: 'nothing' | 'basic' | 'bearer' | 'bearer-elsewhere';
let asked: string[];
const manifest = Buffer.from('{"schemaVersion":2}');

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { url = '' } = request;
  const { authorization } = request.headers;
  asked.push(`${url} ${authorization ?? '-'}`);
  const end = (status: number, headers: Record<string, string>, body: string | Buffer): void =>
    void response.writeHead(status, headers).end(body);
  if (url.startsWith('/token')) {
    const isKnown = authorization === `Basic ${Buffer.from('me:pass:word').toString('base64')}`;
    end(isKnown ? 200 : 401, {}, JSON.stringify({ token: 'given' }));
    return;
  }
  const expected = wants === 'basic' ? 'Basic ' : wants === 'nothing' ? '' : 'Bearer given';
  if (!(authorization ?? '').startsWith(expected)) {
    const realm = wants === 'bearer' ? `http://${host}/token` : 'http://192.0.2.1/token';
    const challenge =
      wants === 'basic'
        ? 'Basic realm="x"'
        : `Bearer realm="${realm}",service="s",scope="repository:a/b:pull"`;
    end(401, { 'www-authenticate': challenge }, '');
    return;
  }
  if (url === '/v2/a/b/manifests/large') end(200, {}, Buffer.alloc(5_000_000));
  else if (url.startsWith('/v2/a/b/manifests/'))
    end(200, { 'content-type': 'application/x; q=1' }, manifest);
  else if (url.startsWith('/v2/a/b/blobs/')) end(200, {}, 'blob');
  else end(404, {}, '');
}

beforeAll(async () => {
  server = createServer(answer);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  wants = 'nothing';
  asked = [];
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => void server.close(resolve));
});

const withPassword = (): RemoteRegistry => {
  const [access] = parseRegistries(`me:pass:word@${host}`) ?? [];
  return new RemoteRegistry(access ?? { host: '' });
};

test('a manifest comes with its digest, and a blob as it is', async () => {
  const remote = new RemoteRegistry({ host });
  expect(await remote.manifest('a/b', 'latest')).toEqual({
    digest: digestOf(manifest),
    mediaType: 'application/x',
    bytes: manifest,
  });
  const chunks = await Array.fromAsync(await remote.blob('a/b', digestOf(manifest)));
  expect(Buffer.concat(chunks).toString()).toBe('blob');
});

test('a token is fetched with the password, for what the registry asks, and used again', async () => {
  wants = 'bearer';
  const remote = withPassword();
  await remote.manifest('a/b', 'one');
  await remote.manifest('a/b', 'two');
  expect(asked.map((each) => each.replace(/Basic .*/, 'password'))).toEqual([
    '/v2/a/b/manifests/one -',
    '/token?service=s&scope=repository%3Aa%2Fb%3Apull password',
    '/v2/a/b/manifests/one Bearer given',
    '/v2/a/b/manifests/two Bearer given',
  ]);
});

test('a password is shown to who asks for it, and to nobody in clear elsewhere', async () => {
  wants = 'basic';
  await expect(withPassword().manifest('a/b', 'one')).resolves.toBeDefined();
  await expect(new RemoteRegistry({ host }).manifest('a/b', 'one')).rejects.toMatchObject({
    status: 401,
  });
  wants = 'bearer-elsewhere';
  await expect(withPassword().manifest('a/b', 'one')).rejects.toMatchObject({ status: 401 });
});

test('other bytes than were asked for, too many, and none are told', async () => {
  const remote = new RemoteRegistry({ host });
  await expect(remote.manifest('a/b', `sha256:${'0'.repeat(64)}`)).rejects.toThrow(
    'another manifest',
  );
  await expect(remote.manifest('a/b', 'large')).rejects.toThrow('too large');
  await expect(remote.manifest('no/such', 'one')).rejects.toMatchObject({ status: 404 });
});

test.each([
  ['', []],
  ['public.ecr.aws,localhost:5000', [{ host: 'public.ecr.aws' }, { host: 'localhost:5000' }]],
  ['a:b@c@r.example.com', [{ host: 'r.example.com', user: 'a', password: 'b@c' }]],
  ['https://r.example.com', undefined],
  ['user@r.example.com', undefined],
  ['r.example.com/path', undefined],
])('the list %j of registries', (text, expected) => {
  expect(parseRegistries(text)).toEqual(expected);
});
