/**
 * A record as a row and back. The checksum covers the key too, so that a row whose key has
 * changed under it is as bad as one whose body has.
 */
import { createHash } from 'node:crypto';
import type { FunctionRecord } from './function-record.ts';

export interface FunctionRow {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly row_version: number;
  readonly body: string;
  readonly checksum: string;
}

/** The form of `body`; a new one gets a new number and a reader of the old. */
const FORMAT = 1;

export function rowOf(record: FunctionRecord): FunctionRow {
  const { account, region, name, rowVersion: row_version } = record;
  const body = JSON.stringify({ format: FORMAT, record });
  const row = { account, region, name, row_version, body };
  return { ...row, checksum: checksumOf(row) };
}

/** The record, or why the row cannot be trusted. */
export function readRow(row: FunctionRow): FunctionRecord | string {
  if (checksumOf(row) !== row.checksum) return 'The checksum does not match.';
  const { format, record } = JSON.parse(row.body) as { format: number; record: FunctionRecord };
  return format === FORMAT ? record : `Format ${format} is not known.`;
}

function checksumOf(row: Omit<FunctionRow, 'checksum'>): string {
  const text = JSON.stringify([row.account, row.region, row.name, row.row_version, row.body]);
  return createHash('sha256').update(text).digest('hex');
}
