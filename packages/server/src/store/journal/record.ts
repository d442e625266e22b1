/**
 * Records in a segment of the journal:
 *
 *     key, generation, number, length of the payload, CRC-32 of it, CRC-32 of these five | payload
 *
 * 12 bytes and five numbers of 32 bits, little endian, each record filled up to a multiple of 8
 * bytes. A segment is used again and again, each time with a higher generation: what an earlier one
 * has left behind the newest record is told from it by that.
 *
 * Payloads hold what anybody has sent, and a scan goes through the bytes of those that an earlier
 * generation left, or that are damaged. The key, which is random and known to the database alone,
 * keeps it from taking a record that somebody has sent for one that was written.
 */
import { crc32 } from 'node:zlib';

export const KEY_BYTES = 12;
export const HEADER_BYTES = 32;
export const ALIGNMENT = 8;

/** Where a record is among all. */
export interface RecordPlace {
  readonly generation: number;
  /** In its segment, counted from 0. */
  readonly number: number;
}

export function isAfter(place: RecordPlace, other: RecordPlace): boolean {
  if (place.generation !== other.generation) return place.generation > other.generation;
  return place.number > other.number;
}

/** `record`: the payload behind room for a header, and what fills it up. Ready to be written. */
export function seal(
  record: Buffer<ArrayBuffer>,
  payloadBytes: number,
  { generation, number }: RecordPlace,
  key: Uint8Array,
): void {
  record.set(key, 0);
  record.writeUInt32LE(generation, 12);
  record.writeUInt32LE(number, 16);
  record.writeUInt32LE(payloadBytes, 20);
  record.writeUInt32LE(crc32(record.subarray(HEADER_BYTES, HEADER_BYTES + payloadBytes)), 24);
  record.writeUInt32LE(crc32(record.subarray(0, 28)), 28);
}

export interface ScannedSegment {
  readonly records: readonly { readonly number: number; readonly payload: Buffer }[];
  /** Numbers of records that were written and are not what was written. */
  readonly damaged: readonly number[];
}

/**
 * The records of that generation and with that key. One that is not whole is damaged where a later one is there;
 * at the end it is one that was being written when the server ended, and which nobody was told of.
 */
export function scanSegment(bytes: Buffer, generation: number, key: Uint8Array): ScannedSegment {
  const records: { number: number; payload: Buffer }[] = [];
  const damaged: number[] = [];
  let next = 0;
  for (let at = 0; at + HEADER_BYTES <= bytes.byteLength;) {
    const header = readHeader(bytes, at, generation, key);
    if (header === undefined || header.number < next) {
      at += ALIGNMENT;
      continue;
    }
    for (; next < header.number; next += 1) damaged.push(next);
    const payload = bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + header.payloadBytes);
    if (payload.byteLength < header.payloadBytes || crc32(payload) !== header.checksum) {
      // Counted as damaged once a later one is found.
      at += ALIGNMENT;
      continue;
    }
    records.push({ number: header.number, payload });
    next = header.number + 1;
    at += Math.ceil((HEADER_BYTES + header.payloadBytes) / ALIGNMENT) * ALIGNMENT;
  }
  return { records, damaged };
}

interface Header {
  readonly number: number;
  readonly payloadBytes: number;
  readonly checksum: number;
}

function readHeader(
  bytes: Buffer,
  at: number,
  generation: number,
  key: Uint8Array,
): Header | undefined {
  if (bytes.readUInt32LE(at + 12) !== generation) return undefined;
  if (bytes.compare(key, 0, KEY_BYTES, at, at + KEY_BYTES) !== 0) return undefined;
  if (crc32(bytes.subarray(at, at + 28)) !== bytes.readUInt32LE(at + 28)) return undefined;
  return {
    number: bytes.readUInt32LE(at + 16),
    payloadBytes: bytes.readUInt32LE(at + 20),
    checksum: bytes.readUInt32LE(at + 24),
  };
}
