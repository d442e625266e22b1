/**
 * At a start: what the journal has and the database does not is put there. A record that is not
 * what was written is passed over, and the file that has it is kept for whoever wants to look.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { applyMigrations } from '../apply-migrations.ts';
import type { StatementCache } from '../statement-cache.ts';
import type { Migration } from '../store.ts';
import { applyRecords } from './apply-records.ts';
import {
  isAfter,
  KEY_BYTES,
  scanSegment,
  type RecordPlace,
  type ScannedSegment,
} from './record.ts';
import { SPARE } from './segments.ts';

export interface Replayed {
  /** What records of this database's journal have in front. */
  readonly key: Uint8Array;
  /** The highest generation that has ever been used. */
  readonly lastGeneration: number;
  readonly hasSpare: boolean;
  /** Records that were put into the database. */
  readonly records: number;
  /** What SQLite refused of them. */
  readonly refused: readonly string[];
  /** Files with records that were not what was written. */
  readonly damagedFiles: readonly string[];
  readonly damagedRecords: number;
}

/** Afterwards the database has everything, and the folder no segments. */
export function replayJournal(
  database: DatabaseSync,
  statements: StatementCache,
  folder: string,
): Replayed {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  applyMigrations(database, 'journal', migrations);
  const { key, isNew: isOfAnother } = readKey(database);
  let applied = readApplied(database);
  const refused: string[] = [];
  const damagedFiles: string[] = [];
  let [records, damagedRecords] = [0, 0];
  const names = readdirSync(folder);
  const generations = generationsIn(names);
  for (const generation of generations) {
    const file = path.join(folder, String(generation));
    const segment = isOfAnother
      ? OF_ANOTHER_DATABASE
      : scanSegment(readFileSync(file), generation, key);
    const isNew = (number: number): boolean => isAfter({ generation, number }, applied);
    const found = segment.records.filter(({ number }) => isNew(number));
    const damaged = segment.damaged.filter(isNew).length;
    const last = found.at(-1);
    if (last !== undefined) {
      const place = { generation, number: last.number };
      refused.push(
        ...applyRecords(
          database,
          statements,
          found.map(({ payload }) => payload),
          place,
        ),
      );
      applied = place;
      records += found.length;
    }
    if (damaged === 0) {
      rmSync(file);
      continue;
    }
    damagedRecords += damaged;
    damagedFiles.push(setAside(folder, generation));
  }
  return {
    key,
    lastGeneration: Math.max(applied.generation, ...generations),
    hasSpare: names.includes(SPARE),
    records,
    refused,
    damagedFiles,
    damagedRecords,
  };
}

/** Append only: what has been released is never edited. */
const migrations: readonly Migration[] = [
  {
    id: 1,
    // The first databases with a journal have both without this migration.
    sql: `
      CREATE TABLE IF NOT EXISTS journal_key (key BLOB NOT NULL) STRICT;
      CREATE TABLE IF NOT EXISTS journal_applied (
        generation INTEGER NOT NULL,
        number INTEGER NOT NULL
      ) STRICT;
      INSERT INTO journal_applied
      SELECT 0, -1 WHERE NOT EXISTS (SELECT * FROM journal_applied);
    `,
  },
];

/** Kept aside: without its key nobody knows what of it was written, and not only sent. */
const OF_ANOTHER_DATABASE: ScannedSegment = { records: [], damaged: [0] };

function readKey(database: DatabaseSync): { readonly key: Uint8Array; readonly isNew: boolean } {
  const row = database.prepare('SELECT key FROM journal_key').get();
  if (row !== undefined) return { key: row['key'] as Uint8Array, isNew: false };
  const key = new Uint8Array(randomBytes(KEY_BYTES));
  database.prepare('INSERT INTO journal_key VALUES (?)').run(key);
  return { key, isNew: true };
}

function readApplied(database: DatabaseSync): RecordPlace {
  const row = database.prepare('SELECT generation, number FROM journal_applied').get();
  return { generation: Number(row?.['generation']), number: Number(row?.['number']) };
}

/** Oldest first. */
function generationsIn(names: readonly string[]): readonly number[] {
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

function setAside(folder: string, generation: number): string {
  const aside = path.join(folder, `damaged-${generation}`);
  renameSync(path.join(folder, String(generation)), aside);
  return aside;
}
