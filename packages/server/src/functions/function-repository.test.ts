import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createSecretBox } from '../iam/secret-box.ts';
import { randomIds } from '../lib/ids.ts';
import { silentLogger } from '../lib/logger.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import { servedVersion, type FunctionRecord } from './function-record.ts';
import { readRow, type FunctionRow } from './function-row.ts';
import { openFunctionRepository, type FunctionRepository } from './function-repository.ts';

const secrets = createSecretBox(Buffer.alloc(32, 7), randomIds);

let folder = '';
let store: Store;
let functions: FunctionRepository;
/** What a restart does: nothing is left but what is durable. */
const open = async (): Promise<void> => {
  functions = await openFunctionRepository({ store, logger: silentLogger, secrets });
};
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hearth-functions-'));
  store = await openStore({ path: path.join(folder, 'db'), logger: silentLogger });
});
beforeEach(open);
afterEach(async () => {
  await store.write([{ sql: 'DELETE FROM functions' }, { sql: 'DELETE FROM function_quarantine' }]);
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const owner = { account: '000000000000', region: 'eu-west-1' };
const recordOf = (name: string, changes: Partial<FunctionRecord> = {}): FunctionRecord => ({
  ...owner,
  name,
  rowVersion: 1,
  revisionId: 'r1',
  lastModifiedMs: 1,
  state: { kind: 'pending' },
  latest: {
    incarnation: 'i1',
    description: 'Größe 🔥',
    runtime: 'nodejs22.x',
    runtimeVersionArn: 'arn:aws:lambda:eu-west-1::runtime:00',
    handler: 'index.handler',
    role: 'arn:aws:iam::000000000000:role/r',
    architecture: 'x86_64',
    memoryMib: 128,
    timeoutSeconds: 3,
    ephemeralMib: 512,
    logging: { format: 'Text', group: `/aws/lambda/${name}` },
    code: { sha256: 'c1', sizeBytes: 1 },
  },
  tags: { team: 'blue' },
  ...changes,
});

test('what was stored is found, also after a restart', async () => {
  const record = recordOf('f');
  expect(await functions.insert(record)).toBe(true);
  expect(functions.find({ ...owner, name: 'f' })).toEqual(record);
  await open();
  expect(functions.find({ ...owner, name: 'f' })).toEqual(record);
  expect(functions.quarantinedRows).toBe(0);
});

test('a name is taken once in each account and region', async () => {
  expect(await functions.insert(recordOf('f'))).toBe(true);
  expect(await functions.insert(recordOf('f', { revisionId: 'other' }))).toBe(false);
  expect(functions.find({ ...owner, name: 'f' })?.revisionId).toBe('r1');
  expect(await functions.insert(recordOf('f', { region: 'us-east-1' }))).toBe(true);
  expect(await functions.insert(recordOf('f', { account: '111111111111' }))).toBe(true);
  expect(functions.list(owner)).toHaveLength(1);
});

test('of two creations at once one wins', async () => {
  const results = await Promise.all([
    functions.insert(recordOf('f', { revisionId: 'a' })),
    functions.insert(recordOf('f', { revisionId: 'b' })),
  ]);
  expect(results.filter(Boolean)).toHaveLength(1);
});

test('of two changes of one record one wins, and the loser changes nothing', async () => {
  const record = recordOf('f');
  await functions.insert(record);
  const results = await Promise.all([
    functions.replace(record, { ...record, revisionId: 'a' }),
    functions.replace(record, { ...record, revisionId: 'b' }),
  ]);
  expect(results).toEqual([true, false]);
  expect(functions.find(record)?.revisionId).toBe('a');
  expect(await functions.remove(record)).toBe(false);
  await open();
  expect(functions.find(record)).toMatchObject({ revisionId: 'a', rowVersion: 2 });
});

test('a removed record stays removed, and its name is free', async () => {
  const record = recordOf('f');
  await functions.insert(record);
  expect(await functions.remove(record)).toBe(true);
  expect(functions.find(record)).toBeUndefined();
  expect(await functions.replace(record, record)).toBe(false);
  expect(await functions.insert(record)).toBe(true);
});

test('lists are in the order of names', async () => {
  for (const name of ['b', 'a', 'C', 'a1']) await functions.insert(recordOf(name));
  expect(functions.list(owner).map((record) => record.name)).toEqual(['C', 'a', 'a1', 'b']);
});

test.each([
  ['a changed body', `body = replace(body, '"memoryMib":128', '"memoryMib":999')`],
  ['a changed key', `region = 'us-west-1'`],
  ['a changed version', 'row_version = 7'],
  ['a body that is no record', `body = 'nonsense'`],
])('a row with %s is quarantined, counted and not served', async (_what, change) => {
  await functions.insert(recordOf('good'));
  await functions.insert(recordOf('bad'));
  await store.write([
    { sql: `UPDATE functions SET ${change} WHERE name = 'bad'`, expectChanges: 1 },
  ]);
  await open();
  expect(functions.quarantinedRows).toBe(1);
  expect([...functions.all()].map((record) => record.name)).toEqual(['good']);
  const kept = await store.read<{ name: string; problem: string }>(
    'SELECT name, problem FROM function_quarantine',
  );
  expect(kept).toEqual([{ name: 'bad', problem: 'The checksum does not match.' }]);
  expect(await functions.insert(recordOf('bad'))).toBe(true);
  await open();
  expect(functions.quarantinedRows).toBe(1);
});

test('code is referred to by what is shown and by what still serves', async () => {
  const record = recordOf('f');
  const serving = { ...record.latest, code: { sha256: 'c0', sizeBytes: 1 } };
  await functions.insert({ ...record, serving });
  expect(['c0', 'c1', 'c2'].map((sha256) => functions.refersTo(sha256))).toEqual([
    true,
    true,
    false,
  ]);
});

test('the served version is what served before, until the new one is ready', () => {
  const record = recordOf('f');
  const serving = { ...record.latest, incarnation: 'i0', memoryMib: 256 };
  expect(servedVersion({ ...record, serving })).toMatchObject({
    incarnation: 'i0',
    memoryMib: 256,
  });
  const version = servedVersion(record);
  expect(version).toMatchObject({ incarnation: 'i1', version: '$LATEST', environment: {} });
  expect(servedVersion(record)).toBe(version);
});

test('what was read of a function that was deleted since changes nothing of its successor', async () => {
  const old = recordOf('f', { revisionId: 'old' });
  await functions.insert(old);
  await functions.remove(old);
  const successor = recordOf('f', { revisionId: 'new', tags: { team: 'red' } });
  await functions.insert(successor);
  // Both are the first form of a function of this name.
  expect(await functions.replace(old, { ...old, tags: {} })).toBe(false);
  expect(await functions.remove(old)).toBe(false);
  expect(functions.find(successor)).toEqual(successor);
  await open();
  expect(functions.find(successor)).toEqual(successor);
});

test('the variables of a function are encrypted on disk, and bound to their function', async () => {
  const environment = { PASSWORD: 'hunter2-hunter2', environment: 'prod' };
  const { latest } = recordOf('f');
  const record = recordOf('f', { latest: { ...latest, environment } });
  await functions.insert(record);
  const [row] = await store.read<FunctionRow>('SELECT * FROM functions');
  expect(row?.body).toContain('index.handler');
  expect(row?.body).not.toContain('hunter2');
  expect(row?.body).not.toContain('PASSWORD');
  await open();
  expect(functions.find({ ...owner, name: 'f' })).toEqual(record);
  const other = { ...row!, name: 'g' };
  expect(readRow(other, secrets)).toBe('The checksum does not match.');
  const stranger = createSecretBox(Buffer.alloc(32, 8), randomIds);
  expect(readRow(row!, stranger)).toBe('Its variables cannot be decrypted with this key.');
});
