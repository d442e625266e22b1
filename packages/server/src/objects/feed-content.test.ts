import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DigestName } from './checksums.ts';
import { createContentClient, type ContentClient, type RunningContent } from './content-client.ts';
import { feedContent } from './feed-content.ts';

let folder: string;
let client: ContentClient;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-feed-content-'));
  client = createContentClient();
});
afterEach(async () => {
  await client.close();
  await rm(folder, { recursive: true });
});

/** Eight pieces, then the end of the connection. */
async function* broken(): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < 8; sent += 1) yield Buffer.alloc(262_144);
  throw new Error('gone');
}

test('a body that breaks off is given up after its last piece, and leaves no file', async () => {
  const calls: string[] = [];
  const content: RunningContent = {
    update: async () => {
      calls.push('update');
      await turn();
      calls.push('updated');
    },
    finish: () => Promise.reject(new Error('it is not whole')),
    first: () => Promise.reject(new Error('it is not whole')),
    keep: () => Promise.reject(new Error('it is not whole')),
    cancel: async () => {
      calls.push('cancel');
    },
  };
  await expect(feedContent(broken(), content)).rejects.toThrow('gone');
  expect(calls.slice(-3)).toEqual(['update', 'updated', 'cancel']);
  expect(calls.filter((call) => call === 'cancel')).toHaveLength(1);

  const written = client.start(['SHA256'], path.join(folder, 'file'));
  await expect(feedContent(broken(), written)).rejects.toThrow('gone');
  expect(await readdir(folder)).toEqual([]);
});

test('a body whose thread breaks while it waits is given up, and the next one is taken', async () => {
  // There is no such digest: the thread breaks at the first bytes.
  const breaking = client.start(['MD4' as DigestName]);
  await expect(feedContent(broken(), breaking)).rejects.toMatchObject({
    name: 'ContentThreadBroken',
  });
  await expect(feedContent(broken(), client.start(['SHA256']))).rejects.toThrow('gone');
});
