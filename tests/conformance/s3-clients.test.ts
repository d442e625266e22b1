/** S3 by the aws CLI and boto3 of Debian, by curl's means, and through kill -9. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile, mkdir } from 'node:fs/promises';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { text as wholeText } from 'node:stream/consumers';
import {
  CreateBucketCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { presignUrl, signRequest } from '../../packages/server/src/wire/sigv4.ts';
import { clientSettings } from '../../packages/testkit/src/client-settings.ts';
import { openAwsCli } from '../../packages/testkit/src/open-aws-cli.ts';
import { runCommand, type CommandResult } from '../../packages/testkit/src/run-command.ts';
import { startServer, type TestServer } from '../../packages/testkit/src/start-server.ts';

let server: TestServer;
let folder: string;
const cli = openAwsCli();
beforeAll(async () => {
  server = await startServer({ args: ['--isolation', 'process'] });
  folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-s3-'));
});
afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const clientEnvironment = {
  PATH: process.env['PATH'],
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_DEFAULT_REGION: 'eu-central-1',
  AWS_PAGER: '',
} as const;

async function aws(...args: readonly string[]): Promise<CommandResult> {
  const result = await cli.run(['--endpoint-url', server.endpoint, ...args], {
    env: clientEnvironment,
    cwd: folder,
  });
  expect({ args, status: result.status, stderr: result.stderr }).toMatchObject({ status: 0 });
  return result;
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function sdk(endpoint: string): S3Client {
  return new S3Client({
    ...clientSettings(endpoint),
    forcePathStyle: true,
    maxAttempts: 1,
  });
}

describe('the aws CLI', () => {
  test('copies, synchronises, presigns and removes', async () => {
    const large = randomBytes(20 * 1_048_576);
    await writeFile(path.join(folder, 'large'), large);
    await mkdir(path.join(folder, 'tree/inner'), { recursive: true });
    await writeFile(path.join(folder, 'tree/a b.txt'), 'one');
    await writeFile(path.join(folder, 'tree/inner/ü.txt'), 'two');
    await aws('s3', 'mb', 's3://cli-bucket');
    await aws('s3', 'cp', 'large', 's3://cli-bucket/large', '--no-progress');
    await aws('s3', 'cp', 's3://cli-bucket/large', 'again', '--no-progress');
    expect(hashOf(await readFile(path.join(folder, 'again')))).toBe(hashOf(large));
    await aws('s3', 'sync', 'tree', 's3://cli-bucket/tree', '--no-progress');
    const listed = await aws('s3', 'ls', '--recursive', 's3://cli-bucket/tree/');
    expect(listed.stdout).toMatch(/3 tree\/a b\.txt\n.*3 tree\/inner\/ü\.txt\n/);
    const again = await aws('s3', 'sync', 'tree', 's3://cli-bucket/tree', '--no-progress');
    expect(again.stdout).toBe('');
    const { stdout } = await aws('s3', 'presign', 's3://cli-bucket/tree/a b.txt');
    const presigned = await fetch(stdout.trim());
    expect([presigned.status, await presigned.text()]).toEqual([200, 'one']);
    // A page in a bucket, opened at the API's own address, must not act as the API's pages.
    expect(presigned.headers.get('content-security-policy')).toMatch(/^sandbox /);
    const forged = await fetch(stdout.trim().replace('a%20b', 'inner'));
    expect([forged.status, await forged.text()]).toEqual([
      403,
      expect.stringContaining('<Code>SignatureDoesNotMatch</Code>'),
    ]);
    await aws('s3', 'rb', '--force', 's3://cli-bucket');
  });

  test("creates a function from a zip that it has uploaded, and S3's errors are told as Lambda's", async () => {
    await writeFile(
      path.join(folder, 'trust.json'),
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'lambda.amazonaws.com' },
            Action: 'sts:AssumeRole',
          },
        ],
      }),
    );
    await writeFile(
      path.join(folder, 'index.mjs'),
      'export const handler = async () => "from s3";',
    );
    await aws(
      'iam',
      'create-role',
      '--role-name',
      'r',
      '--assume-role-policy-document',
      'file://trust.json',
    );
    await runCommand(['/usr/bin/python3', '-m', 'zipfile', '-c', 'code.zip', 'index.mjs'], {
      cwd: folder,
    });
    await aws('s3', 'mb', 's3://code');
    await aws('s3', 'cp', 'code.zip', 's3://code/code.zip', '--no-progress');
    const create = [
      'lambda',
      'create-function',
      '--function-name',
      'f',
      '--runtime',
      'nodejs26.x',
      '--handler',
      'index.handler',
      '--role',
      'arn:aws:iam::000000000000:role/r',
    ];
    const missing = await cli.run(
      ['--endpoint-url', server.endpoint, ...create, '--code', 'S3Bucket=code,S3Key=nothing'],
      { env: clientEnvironment, cwd: folder },
    );
    expect(missing.stderr).toContain(
      'S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.',
    );
    await aws(...create, '--code', 'S3Bucket=code,S3Key=code.zip');
    await aws('lambda', 'wait', 'function-active-v2', '--function-name', 'f');
    await aws('lambda', 'invoke', '--function-name', 'f', 'answer.json');
    expect(await readFile(path.join(folder, 'answer.json'), 'utf8')).toBe('"from s3"');
  });
});

test("boto3's transfer manager moves large files; its forms are accepted within their policy", async () => {
  await writeFile(path.join(folder, 'large'), randomBytes(30 * 1_048_576));
  const script = path.join(import.meta.dirname, 's3-boto3.py');
  const { status, stdout, stderr } = await runCommand([
    '/usr/bin/python3',
    script,
    server.endpoint,
    folder,
  ]);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  const seen = JSON.parse(stdout) as { form: PostedForm };
  expect(seen).toMatchObject({
    same: true,
    etag: expect.stringMatching(/^"[0-9a-f]{32}-4"$/),
    metadata: { from: 'boto3' },
    type: 'application/x-large',
    copied: 30 * 1_048_576,
    keys: ['copied', 'nested/large'],
    refused: 'BadDigest',
    missing: 404,
  });
  const post = (text: string, type = 'text/plain'): Promise<Answer> =>
    postForm({ ...seen.form, fields: { ...seen.form.fields, 'Content-Type': type } }, text);
  expect(await post('by form')).toEqual([204, '']);
  expect(await post('far too long')).toEqual([400, expect.stringContaining('EntityTooLarge')]);
  expect(await post('typed', 'image/png')).toEqual([
    403,
    expect.stringContaining('Policy Condition failed'),
  ]);
  const s3 = sdk(server.endpoint);
  const got = await s3.send(new GetObjectCommand({ Bucket: 'boto', Key: 'forms/name.txt' }));
  expect([await got.Body?.transformToString(), got.ContentType]).toEqual(['by form', 'text/plain']);
  s3.destroy();
});

test("boto3's addresses and forms are accepted as it signs them by default, and only for what they say", async () => {
  const script = path.join(import.meta.dirname, 's3-boto3-defaults.py');
  const { stdout, stderr } = await runCommand(['/usr/bin/python3', script, server.endpoint]);
  expect(stderr).toBe('');
  const { form, ...addresses } = JSON.parse(stdout) as { form: PostedForm } & Record<
    'put' | 'get' | 'expired' | 'read' | 'write',
    string
  >;
  for (const each of Object.values(addresses)) expect(each).toMatch(/[?&]Signature=/);
  const { put, get, expired, read, write } = addresses;
  const ask = async (url: string, init: RequestInit = {}): Promise<Answer> => {
    const answer = await fetch(url, init);
    return [answer.status, await answer.text()];
  };
  const headers = { 'content-type': 'text/x', 'x-amz-meta-a': 'b' };
  expect(await ask(put, { method: 'PUT', headers, body: 'mine' })).toEqual([200, '']);
  const got = await fetch(get);
  expect([got.status, await got.text()]).toEqual([200, 'mine']);
  expect(got.headers.get('content-type')).toBe('text/y; charset=utf-8');
  expect(got.headers.get('x-amz-meta-a')).toBe('b');
  expect(await ask(read)).toEqual([200, 'mine']);
  const refused = (code: string): Answer => [403, expect.stringContaining(`<Code>${code}</Code>`)];
  const type = { 'content-type': 'text/html' };
  expect(await ask(put, { method: 'PUT', headers: type, body: 'b' })).toEqual(
    refused('SignatureDoesNotMatch'),
  );
  expect(await ask(get, { method: 'DELETE' })).toEqual(refused('SignatureDoesNotMatch'));
  expect(await ask(`${get}&acl`)).toEqual(refused('SignatureDoesNotMatch'));
  expect(await ask(read.replace(/=test|AWSAccessKeyId=[^&]*/, 'AWSAccessKeyId=nobody'))).toEqual(
    refused('InvalidAccessKeyId'),
  );
  expect(await ask(expired)).toEqual([403, expect.stringContaining('Request has expired')]);
  // The role may read only.
  expect(await ask(write, { method: 'PUT', body: new Uint8Array(1) })).toEqual(
    refused('AccessDenied'),
  );
  expect(await postForm(form, 'by form')).toEqual([204, '']);
  expect(await postForm(form, 'far too long')).toEqual([
    400,
    expect.stringContaining('EntityTooLarge'),
  ]);
  const forged = { ...form, fields: { ...form.fields, signature: 'AAAA' } };
  expect(await postForm(forged, 'x')).toEqual(refused('SignatureDoesNotMatch'));
});

type Answer = [status: number, text: string];

interface PostedForm {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
}

async function postForm({ url, fields }: PostedForm, text: string): Promise<Answer> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('file', new Blob([text]), 'name.txt');
  const answer = await fetch(url, { method: 'POST', body: form });
  return [answer.status, await answer.text()];
}

describe('over a bare socket', () => {
  const exchange = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(server.endpoint);
      const socket = connect(Number(port), hostname);
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.on('error', reject);
      socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
      socket.end(text);
    });

  test('a bucket may stand in the host name, and nobody gets in without a policy', async () => {
    const answer = await exchange(
      'GET /some/key HTTP/1.1\r\nhost: no-such-bucket.s3.localhost\r\nconnection: close\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1.1 404 /);
    expect(answer).toContain('<Code>NoSuchBucket</Code>');
    expect(answer).toContain('<BucketName>no-such-bucket</BucketName>');
    const put = await exchange(
      'PUT /boto/x HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\nconnection: close\r\n\r\nabc',
    );
    expect(put).toMatch(/^HTTP\/1.1 403 /);
  });

  test('an object that was put by its host name is found by its path, and the other way round', async () => {
    const key = { accessKeyId: 'test', secretAccessKey: 'test' };
    const send = async (method: string, target: string, body = ''): Promise<string> => {
      const scope = { region: 'us-east-1', service: 's3', nowMs: Date.now() };
      const url = new URL(presignUrl(target, key, { ...scope, method, expiresSeconds: 60 }));
      // No name server need know the bucket's host: the connection goes to the server's address.
      const sent = request(`${server.endpoint}${url.pathname}${url.search}`, {
        method,
        headers: { host: url.host },
      });
      sent.end(body);
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      return `${answer.statusCode} ${await wholeText(answer)}`;
    };
    const byHost = `http://boto.s3.localhost:${new URL(server.endpoint).port}`;
    const byPath = `${server.endpoint}/boto`;
    expect(await send('PUT', `${byHost}/styles/host`, 'one')).toBe('200 ');
    expect(await send('PUT', `${byPath}/styles/path`, 'two')).toBe('200 ');
    expect(await send('GET', `${byPath}/styles/host`)).toBe('200 one');
    expect(await send('GET', `${byHost}/styles/path`)).toBe('200 two');
  });

  test('a body that ends early, or is not the one whose hash was signed, leaves nothing', async () => {
    const target = `${server.endpoint}/boto/lie`;
    const scope = { region: 'us-east-1', service: 's3', nowMs: Date.now() };
    const key = { accessKeyId: 'test', secretAccessKey: 'test' };
    const url = new URL(presignUrl(target, key, { ...scope, method: 'PUT', expiresSeconds: 60 }));
    const early = await exchange(
      `PUT ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\ncontent-length: 10\r\n\r\nabc`,
    );
    expect(early).not.toMatch(/^HTTP\/1.1 200 /);
    const raw = { method: 'PUT', path: '/boto/lie', query: '', headers: { host: url.host } };
    const signed = signRequest({ ...raw, body: Buffer.from('the truth') }, key, scope);
    const lie = await fetch(target, { method: 'PUT', headers: signed, body: 'not truth' });
    expect([lie.status, await lie.text()]).toEqual([
      400,
      expect.stringContaining('<Code>XAmzContentSHA256Mismatch</Code>'),
    ]);
    const s3 = sdk(server.endpoint);
    const missing = s3.send(new GetObjectCommand({ Bucket: 'boto', Key: 'lie' }));
    await expect(missing).rejects.toMatchObject({ name: 'NoSuchKey' });
    s3.destroy();
  });

  test('a web page reaches no bucket without a CORS rule', async () => {
    const answer = await exchange(
      'GET /boto/x HTTP/1.1\r\nhost: boto.s3.localhost\r\norigin: http://evil.example\r\nconnection: close\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1.1 403 /);
    expect(answer).toContain('web page from elsewhere');
  });
});

test('what was acknowledged before kill -9 is there, whole; what was not, leaves nothing', async () => {
  const dataFolder = await mkdtemp(path.join(os.tmpdir(), 'hearth-s3-kill-'));
  const first = await startServer({ args: ['--isolation', 'process'], dataFolder });
  const s3 = sdk(first.endpoint);
  await s3.send(new CreateBucketCommand({ Bucket: 'kept' }));
  const acknowledged = new Map<string, string>();
  let round = 0;
  const writer = async (Key: string): Promise<void> => {
    for (;;) {
      const Body = randomBytes(300_000 + (round += 1));
      try {
        await s3.send(new PutObjectCommand({ Bucket: 'kept', Key, Body }));
      } catch {
        return;
      }
      acknowledged.set(Key, hashOf(Body));
    }
  };
  const writers = ['a', 'b', 'c'].map(writer);
  await expect.poll(() => acknowledged.size === 3 && round > 20, { timeout: 60_000 }).toBe(true);
  await first.kill();
  await Promise.all(writers);
  s3.destroy();
  await using second = await startServer({ args: ['--isolation', 'process'], dataFolder });
  const after = sdk(second.endpoint);
  for (const Key of acknowledged.keys()) {
    const got = await after.send(new GetObjectCommand({ Bucket: 'kept', Key }));
    const bytes = (await got.Body?.transformToByteArray()) ?? new Uint8Array();
    // A write whose answer was cut off may be there as well, but whole.
    expect(got.ETag).toBe(`"${createHash('md5').update(bytes).digest('hex')}"`);
    expect(bytes.byteLength).toBeGreaterThan(300_000);
  }
  after.destroy();
  await second.stop();
  await rm(dataFolder, { recursive: true, force: true });
});
