/**
 * S3: GET of 1 MB against a bare file server, PUT against a file that is made durable, a page of
 * a thousand of a million keys, and the memory that two gigabytes up and down take.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Readable } from 'node:stream';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { syncFolder } from '../../packages/server/src/lib/sync-folder.ts';
import { presignUrl } from '../../packages/server/src/wire/sigv4.ts';
import { clientSettings } from '../../packages/testkit/src/client-settings.ts';
import { startServer, type TestServer } from '../../packages/testkit/src/start-server.ts';
import { startBareFiles } from '../controls/bare-files.ts';
import type { Line } from '../scoreboard.ts';
import { median, milliseconds, ratio } from '../statistics.ts';

const MEGABYTE = 1_048_576;
const key = { accessKeyId: 'test', secretAccessKey: 'test' };

export async function s3(rounds: number, isQuick: boolean): Promise<readonly Line[]> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-s3-bench-'));
  try {
    const keys = isQuick ? 100_000 : 1_000_000;
    await prepare(folder, keys);
    await using server = await startServer({
      args: ['--isolation', 'process', '--log-level', 'warn'],
      dataFolder: folder,
    });
    return [
      await get(server, folder, rounds),
      await put(server, folder, { sizeBytes: MEGABYTE, count: 1 }, rounds),
      await put(server, folder, { sizeBytes: MEGABYTE, count: 8 }, Math.ceil(rounds / 4)),
      await put(server, folder, { sizeBytes: 10_000, count: 1 }, rounds),
      await put(server, folder, { sizeBytes: 10_000, count: 8 }, Math.ceil(rounds / 4)),
      await list(server, keys, rounds),
      await memory(server, isQuick ? 200 : 2_048),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A bucket with so many keys, written into the database of a server that has stopped. */
async function prepare(dataFolder: string, keys: number): Promise<void> {
  await using server = await startServer({ args: ['--isolation', 'process'], dataFolder });
  const client = clientOf(server);
  for (const Bucket of ['many', 'bench']) await client.send(new CreateBucketCommand({ Bucket }));
  client.destroy();
  await server.stop();
  const database = new DatabaseSync(path.join(dataFolder, 'hearth.sqlite'));
  database.exec('BEGIN');
  const { id } = database.prepare("SELECT id FROM s3_buckets WHERE name = 'many'").get() as {
    id: number;
  };
  const insert = database.prepare(
    `INSERT INTO s3_versions (bucket, key, rank, version, is_current, is_marker, modified_ms, size,
       etag, summary, body, checksum)
     VALUES (?, ?, -1, 'null', 1, 0, 1, 5, '5d41402abc4b2a76b9719d911017c592',
       '{"storageClass":"STANDARD"}', ?, 0)`,
  );
  const body = JSON.stringify({ metadata: { filler: 'x'.repeat(150) } });
  for (let index = 0; index < keys; index += 1) {
    insert.run(id, Buffer.from(`folder-${index % 1_000}/key-${index}`), body);
  }
  database.exec('COMMIT');
  database.close();
}

function clientOf(server: TestServer): S3Client {
  return new S3Client({ ...clientSettings(server.endpoint), forcePathStyle: true });
}

function presigned(server: TestServer, method: string, object: string, bucket = 'bench'): string {
  return presignUrl(`${server.endpoint}/${bucket}/${object}`, key, {
    region: 'us-east-1',
    service: 's3',
    nowMs: Date.now(),
    method,
    expiresSeconds: 3_600,
  });
}

async function get(server: TestServer, folder: string, rounds: number): Promise<Line> {
  const bytes = randomBytes(MEGABYTE);
  const file = path.join(folder, 'control');
  await writeFile(file, bytes);
  await exchange(presigned(server, 'PUT', 'one'), 'PUT', bytes);
  await using bare = await startBareFiles(file);
  const url = presigned(server, 'GET', 'one');
  const own: number[] = [];
  const control: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    own.push(await timed(() => exchange(url, 'GET')));
    control.push(await timed(() => exchange(bare.endpoint, 'GET')));
  }
  const [ownMs, controlMs] = [median(own), median(control)];
  return {
    row: 's3',
    metric: 'GET of 1 MB, p50',
    value: `${milliseconds(ownMs)}, ${ratio(controlMs / ownMs)} the speed`,
    control: `bare file server ${milliseconds(controlMs)}`,
    target: '>= 0.5 x its speed',
    holds: controlMs / ownMs >= 0.5,
    numbers: { getMs: ownMs, bareMs: controlMs },
  };
}

interface Writers {
  readonly sizeBytes: number;
  /** At once, each with a connection and an object of its own. */
  readonly count: number;
}

/**
 * The control makes what an acknowledged PUT promises: a new file whose bytes and whose name are
 * durable. What it takes without the name is told beside it.
 */
async function put(
  server: TestServer,
  folder: string,
  { sizeBytes, count }: Writers,
  rounds: number,
): Promise<Line> {
  const own: number[] = [];
  const control: number[] = [];
  const nameless: number[] = [];
  // `to`: an address or a file; it is made, and an address signed, before the clock runs.
  const all = (
    work: (bytes: Buffer, to: string) => Promise<unknown>,
    to: (index: number) => string,
  ): Promise<number> => {
    const writes = Array.from(
      { length: count },
      (_, index) => [randomBytes(sizeBytes), to(index)] as const,
    );
    return timed(() => Promise.all(writes.map(([bytes, each]) => work(bytes, each))));
  };
  const send = (bytes: Buffer, url: string): Promise<void> => exchange(url, 'PUT', bytes);
  const controls = await mkdtemp(path.join(folder, 'bare-'));
  const write = (isNamed: boolean) => (bytes: Buffer, file: string) =>
    writeDurably(file, bytes, isNamed);
  for (let round = 0; round < rounds; round += 1) {
    const name = `put-${sizeBytes}-${count}-${round}`;
    const fileOf = (kind: string) => (index: number) =>
      path.join(controls, `${name}-${index}-${kind}`);
    own.push(await all(send, (index) => presigned(server, 'PUT', `${name}-${index}`)));
    control.push(await all(write(true), fileOf('named')));
    nameless.push(await all(write(false), fileOf('nameless')));
  }
  const [ownMs, controlMs, namelessMs] = [median(own), median(control), median(nameless)];
  const size = sizeBytes === MEGABYTE ? '1 MB' : `${sizeBytes / 1_000} kB`;
  return {
    row: 's3',
    metric: `PUT of ${size}, ${count} at once, p50 until all are answered`,
    value: `${milliseconds(ownMs)}, ${ratio(controlMs / ownMs)} the speed`,
    control: `write, fdatasync, fsync of the folder ${milliseconds(controlMs)} (without the folder ${milliseconds(namelessMs)})`,
    target: '>= 0.6 x its speed',
    holds: controlMs / ownMs >= 0.6,
    numbers: { putMs: ownMs, bareMs: controlMs, namelessMs },
  };
}

async function writeDurably(file: string, bytes: Uint8Array, isNamed: boolean): Promise<void> {
  await using handle = await open(file, 'wx');
  await handle.write(bytes);
  await handle.datasync();
  if (isNamed) await syncFolder(path.dirname(file));
}

async function list(server: TestServer, keys: number, rounds: number): Promise<Line> {
  const plain: number[] = [];
  const grouped: number[] = [];
  const pageUrl = (query: string): string =>
    presigned(server, 'GET', `?list-type=2&${query}`, 'many');
  for (let round = 0; round < rounds; round += 1) {
    const page = pageUrl(`start-after=folder-${(round * 37) % 1_000}`);
    const prefixes = pageUrl('delimiter=%2F');
    plain.push(await timed(() => exchange(page, 'GET')));
    grouped.push(await timed(() => exchange(prefixes, 'GET')));
  }
  const [plainMs, groupedMs] = [median(plain), median(grouped)];
  return {
    row: 's3',
    metric: `a page of 1,000 of ${keys.toLocaleString('en')} keys, p50 (1,000 prefixes by a delimiter)`,
    value: `${milliseconds(plainMs)} (${milliseconds(groupedMs)})`,
    control: '',
    target: '<= 20 ms',
    holds: plainMs <= 20,
    numbers: { plainMs, groupedMs },
  };
}

async function memory(server: TestServer, megabytes: number): Promise<Line> {
  const client = clientOf(server);
  const chunk = randomBytes(MEGABYTE);
  function* body(): Generator<Buffer> {
    for (let index = 0; index < megabytes; index += 1) yield chunk;
  }
  const idle = await residentBytes(server.pid);
  let peak = 0;
  const watch = setInterval(() => {
    void residentBytes(server.pid).then((bytes) => {
      peak = Math.max(peak, bytes);
    });
  }, 100);
  const Body = Readable.from(body());
  const upload = new Upload({
    client,
    partSize: 64 * MEGABYTE,
    params: { Bucket: 'bench', Key: 'huge', Body },
  });
  await upload.done();
  await exchange(presigned(server, 'GET', 'huge'), 'GET');
  clearInterval(watch);
  client.destroy();
  return {
    row: 's3',
    metric: `memory of the server while ${megabytes} MB go up and down`,
    value: `${Math.round(peak / MEGABYTE)} MB at most`,
    control: `${Math.round(idle / MEGABYTE)} MB before`,
    target: '<= 300 MB',
    holds: peak <= 300 * MEGABYTE,
    numbers: { peakBytes: peak, idleBytes: idle },
  };
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1_024;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** The answer is read away as it comes. */
function exchange(url: string, method: string, body?: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method }, (answer) => {
      answer.on('data', () => {});
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve();
        else reject(new Error(`${method} was answered ${answer.statusCode}`));
      });
    });
    sent.on('error', reject);
    if (body === undefined) sent.end();
    else sent.setHeader('content-length', body.byteLength).end(body);
  });
}
