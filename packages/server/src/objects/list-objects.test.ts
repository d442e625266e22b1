/** Listings of objects and versions: what they show, and how little of a bucket they read. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLogger } from '../lib/logger.ts';
import { openStore } from '../store/open-store.ts';
import type { SqlValue, Store } from '../store/store.ts';
import { openBucketRepository } from './bucket-repository.ts';
import type { Bucket } from './bucket.ts';
import { listObjects } from './list-objects.ts';
import { listVersions } from './list-versions.ts';
import { objectMigrations } from './migrations.ts';

let folder: string;
let store: Store;
let bucket: Bucket;
const keys = [
  'a',
  'a/',
  'a/b',
  'a//c',
  'a0',
  'b/c/d',
  'b/c/e',
  'é/x',
  '\u{10000}',
  '\uFFFD',
  'z\u0000',
  'z',
];
const sorted = keys.toSorted((left, right) => order(left, right));

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-listings-'));
  store = await openStore({ path: path.join(folder, 'db'), logger: silentLogger });
  await store.migrate('objects', objectMigrations);
  const buckets = await openBucketRepository({ store, logger: silentLogger });
  await buckets.insert({ name: 'b', account: '0', region: 'r', createdMs: 0 });
  bucket = buckets.find('b') as Bucket;
  // Each with an older version; the newest of one is a delete marker.
  await store.write(
    keys.flatMap((key) => [
      rowOf({ key, rank: -2, isCurrent: true, isMarker: key === 'a//c' }),
      rowOf({ key, rank: -1, isCurrent: false, isMarker: false }),
    ]),
  );
});
afterAll(async () => {
  await store?.close();
  await rm(folder, { recursive: true, force: true });
});

function rowOf(made: {
  readonly key: string;
  readonly rank: number;
  readonly isCurrent: boolean;
  readonly isMarker: boolean;
}): { readonly sql: string; readonly params: readonly SqlValue[] } {
  const flags = [made.isCurrent ? 1 : 0, made.isMarker ? 1 : 0];
  return {
    sql: `INSERT INTO s3_versions (bucket, key, rank, version, is_current, is_marker, modified_ms,
            size, etag, summary, body, checksum)
          VALUES (?, ?, ?, ?, ?, ?, 1, 5, 'e', '{"storageClass":"STANDARD"}', '{}', 0)`,
    params: [bucket.id, Buffer.from(made.key), made.rank, `v${-made.rank}`, ...flags],
  };
}

function order(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

interface Asked {
  readonly prefix: string;
  readonly delimiter: string;
  readonly after: string;
}

const questions: readonly Asked[] = ['', '/', '//', 'c'].flatMap((delimiter) =>
  ['', 'a', 'a/', 'b/'].flatMap((prefix) =>
    ['', 'a/b', 'b/c/d', 'b/'].map((after) => ({ delimiter, prefix, after })),
  ),
);

/** What a listing of these shows, found by looking at all of them. */
function shown(items: readonly { key: string; name: string }[], asked: Asked): readonly string[] {
  const { prefix, delimiter, after } = asked;
  const found: string[] = [];
  for (const { key, name } of items) {
    if (!key.startsWith(prefix)) continue;
    const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const common = at === -1 ? undefined : key.slice(0, at + delimiter.length);
    if (order(common ?? key, after) <= 0 || (common !== undefined && after.startsWith(common))) {
      continue;
    }
    const text = common === undefined ? name : `prefix ${common}`;
    if (found.at(-1) !== text) found.push(text);
  }
  return found;
}

describe('a listing', () => {
  const all = sorted.filter((key) => key !== 'a//c').map((key) => ({ key, name: key }));

  test.each(questions)(
    'of objects shows what sorting all keys by their bytes does: %j',
    async (asked) => {
      const { entries, isTruncated } = await listObjects(store, bucket, { ...asked, most: 1_000 });
      const names = entries.map((each) => `${each.kind === 'prefix' ? 'prefix ' : ''}${each.key}`);
      expect({ names, isTruncated }).toEqual({ names: shown(all, asked), isTruncated: false });
    },
  );

  const versions = sorted.flatMap((key) =>
    ['v2', 'v1'].map((version) => ({ key, name: `${key} ${version}` })),
  );
  const nameOf = (each: Awaited<ReturnType<typeof listVersions>>['entries'][number]): string =>
    each.kind === 'prefix' ? `prefix ${each.key}` : `${each.key} ${each.version}`;

  test.each(questions)(
    'of versions shows each with its key, or their prefix once: %j',
    async (asked) => {
      const { entries } = await listVersions(store, bucket, { ...asked, most: 1_000 });
      expect(entries.map(nameOf)).toEqual(shown(versions, asked));
    },
  );

  test('in pages of one shows the same as in one', async () => {
    const asked = { prefix: '', delimiter: '/' };
    const seen: string[] = [];
    let place: { readonly after: string; readonly afterVersion?: string } = { after: '' };
    for (;;) {
      const page = await listVersions(store, bucket, { ...asked, ...place, most: 1 });
      const [entry] = page.entries;
      if (entry === undefined) break;
      seen.push(nameOf(entry));
      place = {
        after: entry.key,
        ...(entry.kind === 'version' ? { afterVersion: entry.version } : {}),
      };
      if (!page.isTruncated) break;
    }
    expect(seen).toEqual(shown(versions, { ...asked, after: '' }));
  });
});

/**
 * SQLite's own plan, since a small bucket is read fast in any way: each step has to be a search
 * that a key bounds, and nothing may be sorted.
 */
describe('a page reads no more of a bucket than it shows', () => {
  async function plansOf(list: (store: Store) => Promise<unknown>): Promise<readonly string[]> {
    const statements: { readonly sql: string; readonly params: readonly SqlValue[] }[] = [];
    await list({
      ...store,
      read: (sql, params = []) => {
        statements.push({ sql, params });
        return store.read(sql, params);
      },
    });
    const database = new DatabaseSync(path.join(folder, 'db'), { readOnly: true });
    try {
      return statements.flatMap(({ sql, params }) =>
        database
          .prepare(`EXPLAIN QUERY PLAN ${sql}`)
          .all(...params)
          .map((row) => String(row['detail'])),
      );
    } finally {
      database.close();
    }
  }

  const pages = [
    { prefix: '', delimiter: '', after: '' },
    { prefix: 'a', delimiter: '', after: 'a/b' },
    { prefix: '', delimiter: '/', after: '' },
    { prefix: 'a', delimiter: '/', after: 'a/b' },
  ].map((each) => ({ ...each, most: 2 }));

  test.each([
    ...pages.map((page) => ['objects', page, listObjects] as const),
    ...pages.map((page) => ['versions', page, listVersions] as const),
  ])('of %s: %j', async (_, page, list) => {
    const plans = await plansOf((seen) => list(seen, bucket, page));
    const reads = plans.filter(
      (line) => /^(?:SEARCH|SCAN)\b/.test(line) && !/ (?:walk|CONSTANT ROW)\b/.test(line),
    );
    expect(reads.length).toBeGreaterThan(0);
    for (const line of reads) expect(line).toMatch(/^SEARCH .*\(bucket=\? AND \(?key/);
    expect(plans.filter((line) => line.includes('TEMP B-TREE'))).toEqual([]);
  });
});
