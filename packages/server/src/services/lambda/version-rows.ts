/** The rows of lists that show versions: `$LATEST` first, then numbers in their order. */
import type { FunctionRecord } from '../../functions/function-record.ts';
import type { Shown } from './show-function.ts';

export interface VersionRow {
  readonly record: FunctionRecord;
  readonly shown: Shown;
  /** Sorts as the list does. A blank is below everything that a name can hold. */
  readonly key: string;
}

export function latestRow(record: FunctionRecord, qualifier?: string): VersionRow {
  return { record, shown: { qualifier }, key: record.name };
}

export function versionRows(record: FunctionRecord): readonly VersionRow[] {
  const published = (record.versions ?? []).map((each) => ({
    record,
    shown: { published: each },
    key: `${record.name} ${each.version.padStart(KEY_DIGITS, '0')}`,
  }));
  return [latestRow(record, '$LATEST'), ...published];
}

/** More versions than any function gets. */
const KEY_DIGITS = 10;
