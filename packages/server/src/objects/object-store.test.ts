import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { randomIds } from '../lib/ids.ts';
import { silentLogger } from '../lib/logger.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import type { Blob } from './blob-store.ts';
import type { Bucket } from './bucket.ts';
import { systemDisk, type ContentDisk } from './content-disk.ts';
import { startThreadOn } from './fixtures/start-thread-on.ts';
import { openObjectStore, type ObjectStore } from './object-store.ts';
import type { NewObject } from './object-repository.ts';
import type { ObjectVersion } from './object-version.ts';

let folder: string;
let store: Store;
let objects: ObjectStore;
let bucket: Bucket;
/** Set: the next writes to a file, or their syncs, fail as on a full disk. */
let fullAt: 'create' | 'write' | 'sync' | undefined;

const fail = (at: typeof fullAt): void => {
  if (fullAt === at) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
};
const disk: ContentDisk = {
  ...systemDisk,
  create(file) {
    fail('create');
    return systemDisk.create(file);
  },
  write(...args) {
    fail('write');
    systemDisk.write(...args);
  },
  async sync(descriptor) {
    fail('sync');
    await systemDisk.sync(descriptor);
  },
};

let started: number;
async function start(): Promise<void> {
  objects = await openObjectStore({
    folder: path.join(folder, 'objects'),
    store,
    clock: systemClock,
    ids: randomIds,
    logger: silentLogger,
    startThread: () => {
      started += 1;
      return startThreadOn(disk);
    },
  });
}

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-objects-'));
  store = await openStore({ path: path.join(folder, 'db'), logger: silentLogger });
  fullAt = undefined;
  started = 0;
  await start();
  await objects.buckets.insert({ name: 'b', account: '0', region: 'r', createdMs: 0 });
  bucket = objects.buckets.find('b') as Bucket;
});
afterEach(async () => {
  await objects.close();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += 1_048_576) yield bytes.slice(at, at + 1_048_576);
}

async function put(key: string, bytes: Uint8Array): Promise<void> {
  const blob = await objects.blobs.write(pieces(bytes));
  try {
    const { dropped } = await objects.objects.put(bucket, key, madeOf(blob, bytes));
    objects.drop(dropped);
  } finally {
    blob.release();
  }
}

function madeOf({ sha256, size }: Blob, bytes: Uint8Array): NewObject {
  return {
    modifiedMs: Date.now(),
    size,
    etag: createHash('md5').update(bytes).digest('hex'),
    details: {
      headers: {},
      metadata: {},
      tags: [],
      storageClass: 'STANDARD',
      encryption: { algorithm: 'AES256' },
      segments: [{ number: 1, sha256, size }],
      isMultipart: false,
    },
  };
}

async function read(key: string): Promise<Buffer> {
  const version = await objects.objects.current(bucket, key);
  const [segment] = version?.details.segments ?? [];
  await using handle = await objects.blobs.open(segment?.sha256 ?? '');
  return await handle.readFile();
}

async function files(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const room of ['blobs', 'incoming']) {
    for (const each of await readdir(path.join(folder, 'objects', room), {
      recursive: true,
      withFileTypes: true,
    })) {
      if (each.isFile()) found.push(each.name);
    }
  }
  return found.sort();
}

describe('contents', () => {
  test('that nothing refers to any more are removed, and shared ones are kept', async () => {
    await put('one', Buffer.from('shared'));
    await put('two', Buffer.from('shared'));
    await put('one', Buffer.from('other'));
    expect(await files()).toHaveLength(2);
    await put('two', Buffer.from('other'));
    await expect.poll(files).toHaveLength(1);
    expect((await read('one')).toString()).toBe('other');
  });

  test('survive writers that replace and bring back the same bytes at once', async () => {
    const bytes = ['x', 'y', 'z'].map((text) => Buffer.from(text.repeat(1_000)));
    const writers = Array.from({ length: 8 }, async (_, index) => {
      for (let round = 0; round < 25; round += 1) {
        await put(`key-${(index + round) % 3}`, bytes[(index * 7 + round) % 3]!);
      }
    });
    await Promise.all(writers);
    for (const key of ['key-0', 'key-1', 'key-2']) {
      const found = await read(key);
      expect(bytes.some((each) => each.equals(found))).toBe(true);
    }
  });

  test.each(['create', 'write', 'sync'] as const)(
    'that a full disk refuses (%s) leave nothing, and the object stays as it was',
    async (at) => {
      await put('kept', Buffer.from('before'));
      fullAt = at;
      // Short; with more than one flush; and such that the first one fails while more comes.
      for (const sizeBytes of [3_000, 3_000_000, 20_000_000]) {
        const full = { code: 'ENOSPC' };
        await expect(put('kept', randomBytes(sizeBytes))).rejects.toMatchObject(full);
      }
      await expect.poll(files).toHaveLength(1);
      fullAt = undefined;
      expect((await read('kept')).toString()).toBe('before');
    },
  );

  test('that cannot be synced are not taken, and the same ones that are there stay', async () => {
    await put('kept', Buffer.from('before'));
    fullAt = 'sync';
    for (const bytes of [randomBytes(3_000), Buffer.from('before')]) {
      await expect(put('other', bytes)).rejects.toMatchObject({ code: 'ENOSPC' });
    }
    await expect.poll(files).toHaveLength(1);
    expect((await read('kept')).toString()).toBe('before');
    fullAt = undefined;
    await put('other', Buffer.from('before'));
    expect((await read('other')).toString()).toBe('before');
  });

  test('that no record has ever named are removed by the next start', async () => {
    await put('kept', Buffer.from('kept'));
    const stray = await objects.blobs.write(pieces(Buffer.from('stray')));
    expect(await files()).toHaveLength(2);
    await objects.close();
    await start();
    await expect.poll(files).toHaveLength(1);
    expect(await objects.blobs.hold(stray.sha256)).toBeUndefined();
    expect((await read('kept')).toString()).toBe('kept');
  });

  test('whose check fails get no name', async () => {
    const checks = {
      digests: [],
      accept: () => {
        throw new Error('not what was announced');
      },
    };
    await expect(objects.blobs.write(pieces(Buffer.from('x')), checks)).rejects.toThrow(
      'announced',
    );
    expect(await files()).toEqual([]);
  });
});

describe('bytes that are only hashed', () => {
  const md5 = (...chunks: readonly Uint8Array[]): Buffer =>
    createHash('md5').update(Buffer.concat(chunks)).digest();
  async function* each(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
    yield* chunks;
  }
  const several = (): Uint8Array[] => [1, 2, 3].map((byte) => new Uint8Array(300_000).fill(byte));

  test('leave no file; one chunk stays here, several go to the thread with their memory', async () => {
    const chunk = new Uint8Array(1_000).fill(1);
    const digests = await objects.blobs.digest(each(chunk), ['MD5', 'SHA256']);
    expect(digests.get('MD5')).toEqual(md5(chunk));
    expect(digests.get('SHA256')).toEqual(createHash('sha256').update(chunk).digest());
    expect((await objects.blobs.digest(each(), ['MD5'])).get('MD5')).toEqual(md5());
    const chunks = several();
    const expected = md5(...chunks);
    expect((await objects.blobs.digest(each(...chunks), ['MD5'])).get('MD5')).toEqual(expected);
    expect([chunk, ...chunks].map(({ byteLength }) => byteLength)).toEqual([1_000, 0, 0, 0]);
    expect(await files()).toEqual([]);
  });

  test('have no digest when they break off, and harm no others', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield* several();
      throw new Error('gone');
    }
    await expect(objects.blobs.digest(broken(), ['MD5'])).rejects.toThrow('gone');
    const expected = md5(...several());
    const digests = await objects.blobs.digest(each(...several()), ['MD5']);
    expect(digests.get('MD5')).toEqual(expected);
  });
});

test('what was read ahead of another change of the key does not count', async () => {
  await put('k', Buffer.from('first'));
  using ahead = objects.objects.readAhead(bucket, 'k');
  expect((await ahead.take())?.current?.size).toBe(5);
  await put('k', Buffer.from('the second'));
  expect(ahead.take()).toBeUndefined();
  const seen: (number | undefined)[] = [];
  const blob = await objects.blobs.write(pieces(Buffer.from('3')));
  const made = madeOf(blob, Buffer.from('3'));
  const check = (current: ObjectVersion | undefined): void => void seen.push(current?.size);
  await objects.objects.put(bucket, 'k', made, { ahead, check });
  blob.release();
  expect(seen).toEqual([10]);
  expect((await read('k')).toString()).toBe('3');
});

test('the thread that writes starts with the first bucket, and with a server that has one', async () => {
  expect(started).toBe(1);
  await objects.buckets.insert({ name: 'c', account: '0', region: 'r', createdMs: 0 });
  expect(started).toBe(1);
  await objects.close();
  await start();
  expect(started).toBe(2);
  for (const each of objects.buckets.all()) await objects.buckets.remove(each);
  await objects.close();
  await start();
  expect(started).toBe(2);
});

test('a bucket with something in it is not removed, and an object gets into no removed one', async () => {
  await put('k', Buffer.from('x'));
  expect(await objects.buckets.remove(bucket)).toBe('has-content');
  const { dropped } = await objects.objects.delete(bucket, 'k', 0);
  objects.drop(dropped);
  expect(await objects.buckets.remove(bucket)).toBe('removed');
  await expect(put('k', Buffer.from('x'))).rejects.toMatchObject({ name: 'BucketGone' });
});
