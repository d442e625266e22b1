/**
 * A record as a row and back. The checksum covers the key too, so that a row whose key has
 * changed under it is as bad as one whose body has. The variables of functions often hold secrets:
 * they are encrypted, bound to their function.
 */
import { createHash } from 'node:crypto';
import type { SecretBox } from '../iam/secret-box.ts';
import type { FunctionKey, FunctionRecord } from './function-record.ts';

export interface FunctionRow {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly row_version: number;
  readonly body: string;
  readonly checksum: string;
}

/** The form of `body`; a new one gets a new number and a reader of the old. */
const FORMAT = 2;
/** As format 2, with variables in plain text. */
const PLAIN_FORMAT = 1;

export function rowOf(record: FunctionRecord, secrets: SecretBox): FunctionRow {
  const { account, region, name, rowVersion: row_version } = record;
  const sealed = (key: string, value: unknown): unknown =>
    isVariables(key, value)
      ? { sealed: secrets.seal(JSON.stringify(value), ownerOf(record)) }
      : value;
  const body = JSON.stringify({ format: FORMAT, record }, sealed);
  const row = { account, region, name, row_version, body };
  return { ...row, checksum: checksumOf(row) };
}

/** The record, or why the row cannot be trusted. */
export function readRow(row: FunctionRow, secrets: SecretBox): FunctionRecord | string {
  if (checksumOf(row) !== row.checksum) return 'The checksum does not match.';
  let isLost = false;
  const opened = (key: string, value: unknown): unknown => {
    if (!isVariables(key, value) || typeof value.sealed !== 'string') return value;
    const text = secrets.open(value.sealed, ownerOf(row));
    isLost ||= text === undefined;
    return text === undefined ? {} : JSON.parse(text);
  };
  const { format } = JSON.parse(row.body) as { readonly format: number };
  if (format !== FORMAT && format !== PLAIN_FORMAT) return `Format ${format} is not known.`;
  const reviver = format === FORMAT ? opened : undefined;
  const { record } = JSON.parse(row.body, reviver) as { readonly record: FunctionRecord };
  return isLost ? 'Its variables cannot be decrypted with this key.' : record;
}

/** Wherever they stand in the record: in the settings and in each version. */
function isVariables(key: string, value: unknown): value is { readonly sealed?: unknown } {
  return key === 'environment' && typeof value === 'object' && value !== null;
}

function ownerOf({ account, region, name }: FunctionKey): string {
  return `function ${account}/${region}/${name}`;
}

function checksumOf(row: Omit<FunctionRow, 'checksum'>): string {
  const text = JSON.stringify([row.account, row.region, row.name, row.row_version, row.body]);
  return createHash('sha256').update(text).digest('hex');
}
