import { mkdtemp, open, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { DigestName } from './checksums.ts';
import { createDigester, type RunningDigests } from './digester.ts';
import { writeStream } from './write-stream.ts';

/** Five batches, then the end of the connection. */
async function* broken(): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < 5; sent += 1) yield Buffer.alloc(262_144);
  throw new Error('gone');
}

async function writeBroken(running: RunningDigests): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-write-stream-'));
  try {
    await using handle = await open(path.join(folder, 'file'), 'wx');
    await writeStream(handle, broken(), running);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('digests of a body that breaks off are given up after its last batch', async () => {
  const calls: string[] = [];
  const running: RunningDigests = {
    update: async () => {
      calls.push('update');
      await turn();
      calls.push('updated');
    },
    finish: () => Promise.reject(new Error('it is not whole')),
    cancel: () => calls.push('cancel'),
  };
  await expect(writeBroken(running)).rejects.toThrow('gone');
  expect(calls.slice(-3)).toEqual(['update', 'updated', 'cancel']);
  expect(calls.filter((call) => call === 'cancel')).toHaveLength(1);
});

test('a body that breaks off before its thread has begun to hash ends nevertheless', async () => {
  const digester = createDigester();
  await expect(writeBroken(digester.start(['SHA256']))).rejects.toThrow('gone');
  await digester.close();
});

test('a body whose thread breaks while it waits is given up, and the next one is hashed', async () => {
  const digester = createDigester();
  // There is no such digest: the thread breaks at the first bytes.
  const breaking = digester.start(['MD4' as DigestName]);
  await expect(writeBroken(breaking)).rejects.toMatchObject({ name: 'DigesterBroken' });
  await expect(writeBroken(digester.start(['SHA256']))).rejects.toThrow('gone');
  await digester.close();
});
