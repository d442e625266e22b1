import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openMemoryStore } from '../../../testkit/src/memory-store.ts';
import { systemClock } from '../lib/clock.ts';
import { randomIds } from '../lib/ids.ts';
import { silentLogger } from '../lib/logger.ts';
import { createAccount } from './create-account.ts';
import { openIdentities, type Identities } from './identities.ts';
import { openKeyFile } from './key-file.ts';
import type { Store } from '../store/store.ts';
import { createSecretBox } from './secret-box.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hearth-key-'));
  file = path.join(folder, 'secrets.key');
});
afterEach(() => rm(folder, { recursive: true }));

describe('the key file', () => {
  test('is made once, with random bytes that only its owner can read', async () => {
    const key = await openKeyFile(file, randomIds);
    expect(key).toHaveLength(32);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await openKeyFile(file, randomIds)).toEqual(key);
  });

  test('is refused when others can read it, or when it holds no key', async () => {
    await openKeyFile(file, randomIds);
    await chmod(file, 0o640);
    await expect(openKeyFile(file, randomIds)).rejects.toThrow('set its mode to 0600');
    await chmod(file, 0o600);
    const half = (await readFile(file, 'utf8')).slice(0, 30);
    await writeFile(file, half);
    await expect(openKeyFile(file, randomIds)).rejects.toThrow('holds no key');
  });
});

describe('secrets at rest', () => {
  const open = (store: Store, secretsKey: Uint8Array): Promise<Identities> =>
    openIdentities({ store, clock: systemClock, ids: randomIds, logger: silentLogger, secretsKey });
  const key = Buffer.alloc(32, 1);

  test('are not in the store, and are read again with the same key', async () => {
    const store = openMemoryStore();
    const identities = await open(store, key);
    const made = await createAccount({ identities, ids: randomIds });
    const rows = await store.read<{ record: string }>('SELECT record FROM iam_record');
    const written = rows.map(({ record }) => record).join('\n');
    expect(written).toContain(made.accessKeyId);
    expect(written).not.toContain(made.secretAccessKey);
    expect(written).not.toContain('"hex"');
    const again = await open(store, key);
    const found = again.findCredentials(made.accessKeyId, undefined, 'public', 'lambda');
    expect(found.secretAccessKey).toBe(made.secretAccessKey);
  });

  test('are not opened with another key file', async () => {
    const store = openMemoryStore();
    await open(store, key);
    await expect(open(store, Buffer.alloc(32, 2))).rejects.toThrow(
      'The key file is not the one that this data was written with.',
    );
  });

  test('cannot be put in another’s place, nor changed', () => {
    const box = createSecretBox(key, randomIds);
    const sealed = box.seal('secret', 'AKIAONE');
    expect(box.open(sealed, 'AKIAONE')).toBe('secret');
    expect(box.open(sealed, 'AKIATWO')).toBeUndefined();
    expect(
      box.open(
        sealed.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')),
        'AKIAONE',
      ),
    ).toBe(undefined);
    expect(box.open('AAAA', 'AKIAONE')).toBeUndefined();
  });
});
