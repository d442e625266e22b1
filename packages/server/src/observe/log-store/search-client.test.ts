import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { encodeRecords } from './log-record.ts';
import { SearchClient } from './search-client.ts';

test('a search that takes too long is given up, and the next one is answered', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'hearth-search-'));
  await using client = new SearchClient(1_500);
  const message = 'a'.repeat(20_000);
  const { bytes: record } = encodeRecords([
    { stream: 1, timestampMs: 5, ingestedAtMs: 5, message },
  ]);
  await writeFile(path.join(folder, '00000001.log'), record);
  const block = { segment: 1, offset: 0, length: record.length, leastMs: 5, mostMs: 5 };
  const ask = (pattern: string): ReturnType<SearchClient['search']> =>
    client.search({
      folder,
      blocks: [block],
      streams: new Set([1]),
      query: { order: 'oldest-first', mostEvents: 10, pattern },
    });
  const slow = ask('%a*a*a*a*a*b%');
  const behind = ask('%a%');
  await expect(slow).rejects.toMatchObject({ name: 'LogSearchTooLong' });
  expect((await behind).events).toHaveLength(1);
  await rm(folder, { recursive: true });
});
