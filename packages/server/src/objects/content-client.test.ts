import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { checksumAlgorithms, startDigest, type DigestName, type Digests } from './checksums.ts';
import { createContentClient, type ContentClient, type RunningContent } from './content-client.ts';

const WAITING = { timeout: 20_000, interval: 10 };

let client: ContentClient;
beforeEach(() => {
  client = createContentClient();
});
afterEach(async () => {
  await client.close();
});

const names: readonly DigestName[] = [...checksumAlgorithms, 'MD5'];

function expected(bytes: Uint8Array): Digests {
  return new Map(
    names.map((name) => {
      const digest = startDigest(name);
      digest.update(bytes);
      return [name, digest.digest()];
    }),
  );
}

/** Copies, because what is handed over is used up. */
function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

function* cut(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield copyOf(bytes.subarray(at, at + size));
}

async function digestsOf(bytes: Uint8Array, size: number): Promise<Digests> {
  const running = client.start(names);
  for (const chunk of cut(bytes, size)) await running.update([chunk]);
  return await running.finish([]);
}

describe('digests', () => {
  test('are those of node:crypto and node:zlib', () => {
    const bytes = randomBytes(1_000);
    const all = expected(bytes);
    for (const name of ['MD5', 'SHA1', 'SHA256'] as const) {
      expect(all.get(name)).toEqual(createHash(name.toLowerCase()).update(bytes).digest());
    }
    expect(all.get('CRC32')?.readUInt32BE()).toBe(crc32(bytes));
  });

  test('are the same of a short body, which is hashed here, and of a long one in the thread', async () => {
    const bytes = randomBytes(3_000_000);
    expect(await client.start(names).finish([bytes])).toEqual(expected(bytes));
    for (const size of [7_777, 262_144, 3_000_000]) {
      expect(await digestsOf(bytes, size)).toEqual(expected(bytes));
    }
    const running = client.start(names);
    await running.update([copyOf(bytes.subarray(0, 1_000_000))]);
    expect(await running.finish([copyOf(bytes.subarray(1_000_000))])).toEqual(expected(bytes));
  });

  test('begin with the one that a file is named by, which may get its name before the others', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-content-'));
    for (const bytes of [1_000, 1_000_000, 3_000_000].map((size) => randomBytes(size))) {
      const place = path.join(folder, String(bytes.byteLength));
      const running = client.start(names, `${place} aside`);
      const size = 70_000;
      if (bytes.byteLength > size) {
        for (const chunk of cut(bytes, size)) await running.update([chunk]);
      }
      const all = running.finish(bytes.byteLength > size ? [] : [copyOf(bytes)]);
      expect(await running.first()).toEqual(expected(bytes).get(names[0] ?? 'MD5'));
      await running.keep(place);
      expect(await readFile(place)).toEqual(bytes);
      expect(await all).toEqual(expected(bytes));
    }
    await rm(folder, { recursive: true });
  });

  test('of bodies that take turns are not mixed up, and one that is given up harms no other', async () => {
    const bodies = [1, 2, 3].map((seed) => Buffer.alloc(400_000, seed));
    const given = client.start(names);
    await given.update([randomBytes(100_000)]);
    const all = Promise.all(bodies.map((bytes) => digestsOf(bytes, 50_000)));
    await given.cancel();
    expect(await all).toEqual(bodies.map(expected));
  });

  test('leave bytes alone that share their memory with others', async () => {
    const whole = randomBytes(200_000);
    const copy = Buffer.from(whole);
    const running = client.start(['MD5']);
    await running.update([whole.subarray(0, 100_000)]);
    await running.update([whole.subarray(100_000)]);
    const digests = await running.finish([]);
    expect(digests.get('MD5')).toEqual(createHash('md5').update(copy).digest());
    expect(whole.equals(copy)).toBe(true);
  });
});

describe('a thread that breaks', () => {
  beforeEach(async () => {
    await client.close();
    client = createContentClient(undefined, 1);
  });

  /** At its first bytes: there is no such digest. */
  const breaking = (): RunningContent => client.start(['MD4' as DigestName]);

  test('rejects every body that it has, and the next body starts another', async () => {
    const [waiting, behind, finishing] = [breaking(), client.start(names), client.start(names)];
    const outcomes = await Promise.allSettled([
      // More than may wait, so that there is room only when some of it has been hashed.
      waiting.update([randomBytes(1_200_000)]),
      behind.update([randomBytes(1_200_000)]),
      finishing.update([randomBytes(1_000)]).then(() => finishing.finish([])),
    ]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        reason: { name: 'ContentThreadBroken', cause: expect.any(Error) },
      });
    }
    const bytes = randomBytes(700_000);
    expect(await digestsOf(bytes, 300_000)).toEqual(expected(bytes));
  });

  test('takes no more of a body that it had, also where another has been started', async () => {
    const running = client.start(names);
    await running.update([randomBytes(1_000)]);
    await expect(breaking().update([randomBytes(1_200_000)])).rejects.toThrow('has ended');
    const another = client.start(names);
    const bytes = randomBytes(1_000);
    await another.update([copyOf(bytes)]);
    const refused = { name: 'ContentThreadBroken' };
    await expect(running.update([randomBytes(1_000)])).rejects.toMatchObject(refused);
    await expect(running.finish([])).rejects.toMatchObject(refused);
    await running.cancel();
    expect(await another.finish([])).toEqual(expected(bytes));
  });
});

describe('a second thread', () => {
  const threads: Worker[] = [];
  const bytes = randomBytes(70_000);
  beforeEach(async () => {
    threads.length = 0;
    await client.close();
    client = createContentClient(() => {
      const thread = new Worker(new URL('./content-thread.ts', import.meta.url));
      threads.push(thread);
      return thread;
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  async function begin(): Promise<RunningContent> {
    const body = client.start(names);
    await body.update([copyOf(bytes)]);
    return body;
  }

  /** Begins bodies until the second thread has one. */
  async function makeBusy(): Promise<readonly RunningContent[]> {
    const begun = [await begin()];
    expect(threads).toHaveLength(1);
    // The second thread takes nothing before it runs.
    await vi.waitFor(async () => {
      begun.push(await begin());
      expect(threads).toHaveLength(2);
    }, WAITING);
    const asked = vi.spyOn(threads[1] as Worker, 'postMessage');
    await vi.waitFor(async () => {
      begun.push(await begin());
      expect(asked).toHaveBeenCalled();
    }, WAITING);
    return begun;
  }

  test('takes bodies that come while the first is busy, and no others', async () => {
    for (const body of await makeBusy()) expect(await body.finish([])).toEqual(expected(bytes));
    const [first, second] = threads.map((thread) => vi.spyOn(thread, 'postMessage').mockClear());
    expect(await (await begin()).finish([])).toEqual(expected(bytes));
    expect(first).toHaveBeenCalled();
    expect(second).not.toHaveBeenCalled();
  });

  test('ends after a minute without one, and starts again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true });
    for (const body of await makeBusy()) await body.finish([]);
    const ended = once(threads[1] as Worker, 'exit');
    await vi.advanceTimersByTimeAsync(60_000);
    await ended;
    expect(await (await begin()).finish([])).toEqual(expected(bytes));
    const begun = [await begin()];
    await vi.waitFor(async () => {
      begun.push(await begin());
      expect(threads).toHaveLength(3);
    }, WAITING);
    for (const body of begun) expect(await body.finish([])).toEqual(expected(bytes));
  });
});

test('when it is closed, who still waits is told', async () => {
  const running = client.start(names);
  await running.update([randomBytes(100_000)]);
  const told = expect(running.finish([])).rejects.toMatchObject({ name: 'ContentThreadBroken' });
  await client.close();
  await told;
});
