/**
 * Reads the entries that an earlier server left, in steps of bounded size. Of plain ones only the
 * numbers are gathered, which costs the event loop next to nothing; their rows are read and verified
 * when their turn comes.
 */
import { STRETCH_ENTRIES, type Stretch } from './backlog.ts';
import type { DurableQueueDeps } from './open-durable-queue.ts';
import type { QueueEntry } from './queue-entry.ts';
import { ENTRY_COLUMNS, quarantineStatements, readEntryRow, type EntryRow } from './queue-rows.ts';

export interface LoadedStep {
  /** The highest number that it covers. */
  readonly to: number;
  /** Whose state matters: delayed, in flight, received before, in a lane. */
  readonly entries: readonly QueueEntry[];
  readonly stretches: readonly (Stretch & { readonly queue: string })[];
}

/** Sequence numbers of one step, among which rows may be missing. */
const SEQUENCES_AT_ONCE = 50_000;
const PLAIN = `lane = '' AND is_ordered = 0 AND receipt = '' AND visible_at <= ?`;

/** The next of those with a sequence number above `done` and up to `last`; undefined where there are none. */
export async function readStep(
  deps: DurableQueueDeps,
  done: number,
  last: number,
  onDamage: (row: EntryRow) => void,
): Promise<LoadedStep | undefined> {
  const from = await firstAfter(deps, done);
  if (from === undefined || from > last) return undefined;
  const to = Math.min(last, from + SEQUENCES_AT_ONCE - 1);
  // One moment for both: what is plain is told once.
  const nowMs = deps.clock.nowMs();
  return {
    to,
    stretches: await readStretches(deps, from, to, nowMs),
    entries: await readOthers(deps, from, to, nowMs, onDamage),
  };
}

/** The entries of a stretch; what is not what was written is set aside. */
export async function readStretch(
  deps: DurableQueueDeps,
  queue: string,
  { sequences }: Stretch,
  onDamage: (row: EntryRow) => void,
): Promise<readonly QueueEntry[]> {
  const rows = await deps.store.read<EntryRow>(
    `SELECT ${ENTRY_COLUMNS} FROM queue_entries
     WHERE sequence IN (SELECT value FROM json_each(?)) AND queue = ? ORDER BY sequence`,
    [sequences, queue],
  );
  return await soundEntries(deps, rows, onDamage);
}

async function firstAfter({ store }: DurableQueueDeps, done: number): Promise<number | undefined> {
  const sql = 'SELECT min(sequence) AS sequence FROM queue_entries WHERE sequence > ?';
  const [row] = await store.read<{ sequence: number | null }>(sql, [done]);
  return row?.sequence ?? undefined;
}

async function readStretches(
  { store }: DurableQueueDeps,
  from: number,
  to: number,
  nowMs: number,
): Promise<readonly (Stretch & { readonly queue: string })[]> {
  return await store.read<Stretch & { readonly queue: string }>(
    `SELECT queue, json_group_array(sequence) AS sequences, count(*) AS count,
            min(sent_at) AS oldestSentAtMs
     FROM queue_entries WHERE sequence BETWEEN ? AND ? AND ${PLAIN}
     GROUP BY queue, sequence / ${STRETCH_ENTRIES} ORDER BY min(sequence)`,
    [from, to, nowMs],
  );
}

async function readOthers(
  deps: DurableQueueDeps,
  from: number,
  to: number,
  nowMs: number,
  onDamage: (row: EntryRow) => void,
): Promise<readonly QueueEntry[]> {
  const entries: QueueEntry[] = [];
  for (let last = from - 1; ;) {
    const rows = await deps.store.read<EntryRow>(
      `SELECT ${ENTRY_COLUMNS} FROM queue_entries
       WHERE sequence > ? AND sequence <= ? AND NOT (${PLAIN}) ORDER BY sequence LIMIT ?`,
      [last, to, nowMs, STRETCH_ENTRIES],
    );
    entries.push(...(await soundEntries(deps, rows, onDamage)));
    last = rows.at(-1)?.sequence ?? to;
    if (rows.length < STRETCH_ENTRIES) return entries;
  }
}

async function soundEntries(
  { store, clock }: DurableQueueDeps,
  rows: readonly EntryRow[],
  onDamage: (row: EntryRow) => void,
): Promise<readonly QueueEntry[]> {
  const nowMs = clock.nowMs();
  const monotonicMs = clock.monotonicMs();
  const entries: QueueEntry[] = [];
  for (const row of rows) {
    const entry = readEntryRow(row, nowMs, monotonicMs);
    if (entry !== undefined) {
      entries.push(entry);
      continue;
    }
    await store.append(quarantineStatements(row.sequence, 'The checksum does not match.'));
    onDamage(row);
  }
  return entries;
}
