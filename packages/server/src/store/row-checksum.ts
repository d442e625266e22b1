/**
 * Checksums of rows. What is appended may leave them to whoever puts the row into the database: until
 * then the record that it is in has one, and the thread that appends has more to do.
 */
import { crc32 } from 'node:zlib';
import type { AppendedStatement, AppendedValue, SqlValue, Statement } from './store.ts';

/** In the place of the checksum of the values before it. */
export const CHECKSUM: unique symbol = Symbol('checksum');

export function rowChecksum(values: readonly SqlValue[]): number {
  return crc32(JSON.stringify(values));
}

/** The same statements with the checksums in their places. */
export function withChecksums(statements: readonly AppendedStatement[]): readonly Statement[] {
  return statements.map(({ sql, params = [], rows = [params] }) => ({
    sql,
    rows: rows.map(withChecksum),
  }));
}

function withChecksum(values: readonly AppendedValue[]): readonly SqlValue[] {
  const complete: SqlValue[] = [];
  for (const value of values) {
    complete.push(value === CHECKSUM ? rowChecksum(complete) : value);
  }
  return complete;
}
