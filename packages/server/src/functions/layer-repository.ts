/**
 * Layer versions. A number is given once: the row of the newest version stays, empty, when that
 * version is deleted, until there is a newer one.
 */
import type { LayerKey, LayerVersionRecord } from './layer-record.ts';
import {
  openRecordRows,
  type RecordRows,
  type RecordRowsDependencies,
  type RowChange,
} from './record-rows.ts';

export interface LayerRepository {
  find(layer: LayerKey & { readonly version: number }): LayerVersionRecord | undefined;
  /** Newest first. */
  versions(layer: LayerKey): readonly LayerVersionRecord[];
  /** All versions in one account and region: by name, newest first. */
  list(owner: Omit<LayerKey, 'name'>): readonly LayerVersionRecord[];
  /** Stores it under the next number of its layer. */
  publish(draft: Omit<LayerVersionRecord, 'version'>): Promise<LayerVersionRecord>;
  /** Stores it under its own number, in the place of what has that; for imports. */
  put(record: LayerVersionRecord): Promise<void>;
  /** False when `previous` is no longer what is stored. */
  replace(previous: LayerVersionRecord, next: LayerVersionRecord): Promise<boolean>;
  remove(record: LayerVersionRecord): Promise<boolean>;
  /** Whether any layer version has this code. */
  refersTo(codeSha256: string): boolean;
  /** Rows that cannot be read: what they refer to is not known. */
  readonly damagedRows: number;
}

interface Deleted extends LayerKey {
  readonly version: number;
  readonly isDeleted: true;
}
type Stored = LayerVersionRecord | Deleted;

export async function openLayerRepository(deps: RecordRowsDependencies): Promise<LayerRepository> {
  const rows = await openRecordRows<Stored>(deps, 'layer-version');
  const all = (): readonly LayerVersionRecord[] => rows.values().filter(isLive).toArray();
  const versions = (layer: LayerKey): readonly LayerVersionRecord[] =>
    all()
      .filter((each) => isOf(each, layer))
      .toSorted(inOrder);
  return {
    find: (layer) => {
      const found = rows.get(keyOf(layer));
      return found !== undefined && isLive(found) ? found : undefined;
    },
    versions,
    list: ({ account, region }) =>
      all()
        .filter((each) => each.account === account && each.region === region)
        .toSorted(inOrder),
    publish: (draft) => publish(rows, draft),
    put: async (record) => {
      const change = (): RowChange<Stored> => ({
        key: keyOf(record),
        previous: rows.get(keyOf(record)),
        next: record,
      });
      while (!(await rows.change([change()])));
    },
    replace: (previous, next) => rows.change([{ key: keyOf(previous), previous, next }]),
    remove: (record) => remove(rows, record),
    refersTo: (sha256) => rows.values().some((each) => isLive(each) && each.code.sha256 === sha256),
    damagedRows: rows.damagedRows,
  };
}

async function publish(
  rows: RecordRows<Stored>,
  draft: Omit<LayerVersionRecord, 'version'>,
): Promise<LayerVersionRecord> {
  for (;;) {
    const newest = newestOf(rows, draft);
    const record: LayerVersionRecord = { ...draft, version: (newest?.version ?? 0) + 1 };
    const added: RowChange<Stored> = { key: keyOf(record), previous: undefined, next: record };
    const mark = newest === undefined || isLive(newest) ? [] : [removalOf(newest)];
    // False when another version of the layer was published just now.
    if (await rows.change([added, ...mark])) return record;
  }
}

async function remove(rows: RecordRows<Stored>, record: LayerVersionRecord): Promise<boolean> {
  const { account, region, name, version } = record;
  const isNewest = newestOf(rows, record)?.version === version;
  const next: Deleted = { account, region, name, version, isDeleted: true };
  return await rows.change([isNewest ? { ...removalOf(record), next } : removalOf(record)]);
}

function removalOf(record: Stored): RowChange<Stored> {
  return { key: keyOf(record), previous: record, next: undefined };
}

function newestOf(rows: RecordRows<Stored>, layer: LayerKey): Stored | undefined {
  const all = rows.values().filter((each) => isOf(each, layer));
  return all.reduce<Stored | undefined>(
    (newest, each) => (newest === undefined || each.version > newest.version ? each : newest),
    undefined,
  );
}

function isLive(stored: Stored): stored is LayerVersionRecord {
  return !('isDeleted' in stored);
}

function isOf(record: LayerKey, { account, region, name }: LayerKey): boolean {
  return record.account === account && record.region === region && record.name === name;
}

function inOrder(one: LayerVersionRecord, other: LayerVersionRecord): number {
  if (one.name !== other.name) return one.name < other.name ? -1 : 1;
  return other.version - one.version;
}

/** None of the parts can hold a slash. */
function keyOf({ account, region, name, version }: LayerKey & { version: number }): string {
  return `${account}/${region}/${name}/${version}`;
}
