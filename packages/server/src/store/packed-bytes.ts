/**
 * The bytes among the values of a message, in one buffer that changes hands without a copy: cloning
 * an array of bytes costs more than writing the row that it belongs to.
 */
import type { SqlValue, Statement } from './store.ts';
import type { PackedRequest, ThreadMessage, ThreadRequest } from './thread-message.ts';

/** In the place of bytes: where they lie. */
type BytesPlace = readonly [at: number, length: number];

export type PackedValue = Exclude<SqlValue, Uint8Array> | BytesPlace;

export interface PackedStatement {
  readonly sql: string;
  readonly rows: readonly (readonly PackedValue[])[];
  readonly expectChanges?: number;
}

export function packRequests(requests: readonly ThreadRequest[]): ThreadMessage {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const packValue = (value: SqlValue): PackedValue => {
    if (!(value instanceof Uint8Array)) return value;
    chunks.push(value);
    size += value.byteLength;
    return [size - value.byteLength, value.byteLength];
  };
  const packed = requests.map((request): PackedRequest => {
    if (request.kind !== 'write') return request;
    const statements = request.statements.map((statement): PackedStatement => {
      const { params = [], rows = [params], ...rest } = statement;
      return { ...rest, rows: rows.map((row) => row.map(packValue)) };
    });
    return { ...request, statements };
  });
  return { requests: packed, bytes: chunks.length === 0 ? undefined : joined(chunks, size) };
}

export function unpackRequests({ requests, bytes }: ThreadMessage): readonly ThreadRequest[] {
  const unpackValue = (value: PackedValue): SqlValue =>
    Array.isArray(value) ? bytesAt(bytes, value as BytesPlace) : (value as SqlValue);
  return requests.map((request): ThreadRequest => {
    if (request.kind !== 'write') return request;
    const statements = request.statements.map((statement): Statement => ({
      ...statement,
      rows: statement.rows.map((row) => row.map(unpackValue)),
    }));
    return { ...request, statements };
  });
}

function joined(chunks: readonly Uint8Array[], size: number): ArrayBuffer {
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all.buffer;
}

function bytesAt(bytes: ArrayBuffer | undefined, [at, length]: BytesPlace): Uint8Array {
  return new Uint8Array(bytes ?? new ArrayBuffer(0), at, length);
}
