/**
 * One event as bytes: mark, length of the body, CRC-32 of the body; the body is timestamp,
 * ingestion time (doubles), stream (u32), message (UTF-8). The mark lets a reader find the next
 * record after a damaged one. The place of an event is where its record starts, so it costs nothing.
 */
import { crc32 } from 'node:zlib';

export interface LogRecord {
  readonly timestampMs: number;
  readonly ingestedAtMs: number;
  readonly stream: number;
  /** Where the message lies in the buffer. */
  readonly messageStart: number;
  /** Where the record ends. */
  readonly end: number;
}

const MARK = Buffer.from([0x1e, 0x4c, 0x4f, 0x47]);
const HEAD_BYTES = 12;
const FIXED_BODY_BYTES = 20;

export type NewRecord = Pick<LogRecord, 'timestampMs' | 'ingestedAtMs' | 'stream'> & {
  readonly message: string;
};

/** One after the other; `ends` are where each of them ends. */
export function encodeRecords(records: readonly NewRecord[]): {
  readonly bytes: Buffer;
  readonly ends: readonly number[];
} {
  let end = 0;
  const ends = records.map(
    ({ message }) => (end += HEAD_BYTES + FIXED_BODY_BYTES + Buffer.byteLength(message)),
  );
  const bytes = Buffer.allocUnsafe(end);
  let at = 0;
  for (const [index, record] of records.entries()) {
    const next = ends[index] ?? at;
    encodeRecord(record, bytes.subarray(at, next));
    at = next;
  }
  return { bytes, ends };
}

/** `into` is as long as the record. */
function encodeRecord(record: NewRecord, into: Buffer): void {
  into.set(MARK);
  into.writeUInt32LE(into.length - HEAD_BYTES, 4);
  into.writeDoubleLE(record.timestampMs, HEAD_BYTES);
  into.writeDoubleLE(record.ingestedAtMs, HEAD_BYTES + 8);
  into.writeUInt32LE(record.stream, HEAD_BYTES + 16);
  into.write(record.message, HEAD_BYTES + FIXED_BODY_BYTES);
  into.writeUInt32LE(crc32(into.subarray(HEAD_BYTES)), 8);
}

/** Undefined where no whole, sound record starts. */
function decodeRecord(buffer: Buffer, at: number): LogRecord | undefined {
  if (at + HEAD_BYTES + FIXED_BODY_BYTES > buffer.length) return undefined;
  if (MARK.compare(buffer, at, at + MARK.length) !== 0) return undefined;
  const body = at + HEAD_BYTES;
  const end = body + buffer.readUInt32LE(at + 4);
  if (end > buffer.length || end < body + FIXED_BODY_BYTES) return undefined;
  if (crc32(buffer.subarray(body, end)) !== buffer.readUInt32LE(at + 8)) return undefined;
  return {
    timestampMs: buffer.readDoubleLE(body),
    ingestedAtMs: buffer.readDoubleLE(body + 8),
    stream: buffer.readUInt32LE(body + 16),
    messageStart: body + FIXED_BODY_BYTES,
    end,
  };
}

/**
 * Calls back for each sound record, in order. Whatever lies between two of them was a damaged
 * one and is skipped. `end` is where the last sound record ends.
 */
export function walkRecords(
  buffer: Buffer,
  visit: (record: LogRecord, start: number) => void,
): RecordWalk {
  let at = 0;
  let end = 0;
  let damaged = 0;
  let isLost = false;
  while (at < buffer.length) {
    const record = decodeRecord(buffer, at);
    if (record === undefined) {
      isLost = true;
      const next = buffer.indexOf(MARK, at + 1);
      at = next === -1 ? buffer.length : next;
      continue;
    }
    if (isLost) damaged += 1;
    isLost = false;
    visit(record, at);
    at = record.end;
    end = at;
  }
  return { end, damaged, hasLostTail: isLost };
}

export interface RecordWalk {
  readonly end: number;
  readonly damaged: number;
  /** Something behind `end` is no record. */
  readonly hasLostTail: boolean;
}
