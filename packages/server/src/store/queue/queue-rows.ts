/**
 * Entries as rows and back. Each row has two checksums: `content_checksum` is of the content, which
 * is read when an entry is handed out; `checksum` is of everything else and of the first one, and is
 * verified when the queue is opened.
 */
import { crc32 } from 'node:zlib';
import { CHECKSUM, rowChecksum } from '../row-checksum.ts';
import type { AppendedStatement, AppendedValue, SqlValue } from '../store.ts';
import type { EntryContent, QueueEntry } from './queue-entry.ts';

export interface EntryRow {
  readonly sequence: number;
  readonly queue: string;
  readonly id: string;
  readonly lane: string;
  readonly is_ordered: number;
  readonly sent_at: number;
  readonly moved_from: string | null;
  /** On the wall clock; a server that starts again has no other. */
  readonly visible_at: number;
  readonly receive_count: number;
  readonly first_received_at: number;
  readonly receipt: string;
  readonly content_checksum: number;
  readonly checksum: number;
}

export const ENTRY_COLUMNS =
  'sequence, queue, id, lane, is_ordered, sent_at, moved_from, visible_at, receive_count, first_received_at, receipt, content_checksum, checksum';

export function contentChecksum({ body, attributes }: EntryContent): number {
  const ofBody = crc32(body);
  return attributes === '' ? ofBody : crc32(attributes, ofBody);
}

// Texts that are put together once: each is looked up for every row.
const INSERT = `INSERT INTO queue_entries (${ENTRY_COLUMNS}, attributes, body)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const STATE = `visible_at = ?, receive_count = ?, first_received_at = ?, receipt = ?,
  content_checksum = ?, checksum = ?`;
const UPDATE = `UPDATE queue_entries SET ${STATE} WHERE sequence = ?`;
const UPDATE_ATTRIBUTES = `UPDATE queue_entries SET ${STATE}, attributes = ? WHERE sequence = ?`;
const MOVE = `UPDATE queue_entries
  SET (${ENTRY_COLUMNS}) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE sequence = ?`;

/** Its values in the order of `INSERT`. Written out: an array that grows takes twice the memory. */
export function insertedRow(
  entry: QueueEntry,
  visibleAtMs: number,
  { attributes, body }: EntryContent,
): readonly AppendedValue[] {
  return [
    entry.sequence,
    entry.queue,
    entry.id,
    entry.lane,
    entry.isOrdered ? 1 : 0,
    entry.sentAtMs,
    entry.movedFrom ?? null,
    visibleAtMs,
    entry.receiveCount,
    entry.firstReceivedAtMs,
    entry.receipt,
    entry.contentChecksum,
    CHECKSUM,
    attributes,
    body,
  ];
}

export function insertStatement(rows: readonly (readonly AppendedValue[])[]): AppendedStatement {
  return { sql: INSERT, rows };
}

/** After it was received or held, or postponed with other attributes. */
export function updateStatement(
  entry: QueueEntry,
  visibleAtMs: number,
  attributes?: string,
): AppendedStatement {
  const changed = [
    visibleAtMs,
    entry.receiveCount,
    entry.firstReceivedAtMs,
    entry.receipt,
    entry.contentChecksum,
    rowChecksum(columnsOf(entry, visibleAtMs)),
  ];
  return attributes === undefined
    ? { sql: UPDATE, params: [...changed, entry.sequence] }
    : { sql: UPDATE_ATTRIBUTES, params: [...changed, attributes, entry.sequence] };
}

/** The row of `previous` becomes that of `entry`, with its content. */
export function moveStatement(
  previous: QueueEntry,
  entry: QueueEntry,
  visibleAtMs: number,
): AppendedStatement {
  const columns = columnsOf(entry, visibleAtMs);
  return { sql: MOVE, params: [...columns, CHECKSUM, previous.sequence] };
}

export function deleteStatement(entries: readonly QueueEntry[]): AppendedStatement {
  return {
    sql: 'DELETE FROM queue_entries WHERE sequence = ?',
    rows: entries.map(({ sequence }) => [sequence]),
  };
}

/** `sequences`: a JSON array; of them those that lie in that queue. */
export function deleteSequencesStatement(queue: string, sequences: string): AppendedStatement {
  return {
    sql: `DELETE FROM queue_entries
          WHERE sequence IN (SELECT value FROM json_each(?)) AND queue = ?`,
    params: [sequences, queue],
  };
}

export function quarantineStatements(
  sequence: number,
  problem: string,
): readonly AppendedStatement[] {
  return [
    {
      sql: `INSERT INTO queue_quarantine (sequence, queue, id, attributes, body, problem)
            SELECT sequence, queue, id, attributes, body, ? FROM queue_entries WHERE sequence = ?`,
      params: [problem, sequence],
    },
    { sql: 'DELETE FROM queue_entries WHERE sequence = ?', params: [sequence] },
  ];
}

/** `nowMs` and `monotonicMs` are the same moment. Undefined: the row is not what was written. */
export function readEntryRow(
  row: EntryRow,
  nowMs: number,
  monotonicMs: number,
): QueueEntry | undefined {
  const inMs = row.visible_at - nowMs;
  const entry: QueueEntry = {
    sequence: row.sequence,
    queue: row.queue,
    id: row.id,
    lane: row.lane,
    isOrdered: row.is_ordered === 1,
    sentAtMs: row.sent_at,
    movedFrom: row.moved_from ?? undefined,
    contentChecksum: row.content_checksum,
    receiveCount: row.receive_count,
    firstReceivedAtMs: row.first_received_at,
    receipt: row.receipt,
    state: inMs <= 0 ? 'visible' : row.receipt === '' ? 'delayed' : 'in-flight',
    dueMs: monotonicMs + inMs,
    content: undefined,
  };
  return rowChecksum(columnsOf(entry, row.visible_at)) === row.checksum ? entry : undefined;
}

/** All of `ENTRY_COLUMNS` but the checksum of these. */
function columnsOf(entry: QueueEntry, visibleAtMs: number): readonly SqlValue[] {
  return [
    entry.sequence,
    entry.queue,
    entry.id,
    entry.lane,
    entry.isOrdered ? 1 : 0,
    entry.sentAtMs,
    entry.movedFrom ?? null,
    visibleAtMs,
    entry.receiveCount,
    entry.firstReceivedAtMs,
    entry.receipt,
    entry.contentChecksum,
  ];
}
