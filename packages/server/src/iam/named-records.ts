/**
 * Records that have a name in an account (users, groups, roles, ...), of all accounts: found in
 * memory, changed in the store first.
 */
import type { RecordTable } from './record-table.ts';
import type { Serial } from './serial.ts';

interface NamedRecord {
  readonly account: string;
  readonly name: string;
  readonly id: string;
}

export type Renaming = 'renamed' | 'missing' | 'name-taken';

export interface NamedRecords<Value extends NamedRecord> {
  /** AWS: names are not distinguished by case. */
  find(account: string, name: string): Value | undefined;
  /** By its whole ARN, which is: exactly. */
  findByArn(arn: string): Value | undefined;
  findById(id: string): Value | undefined;
  /** Sorted by name. */
  list(account: string): readonly Value[];
  /** Counts the changes; for caches of what was made from the records. */
  readonly generation: number;
  /** Of all accounts, in no order. */
  all(): IteratorObject<Value>;
  /** Resolves to false, and changes nothing, where the name is taken. `check` throws to refuse. */
  create(value: Value, check?: () => void): Promise<boolean>;
  /**
   * `change` sees the newest state and nothing else changes identities meanwhile; what it throws
   * is what this rejects with. Undefined where there is no such record.
   */
  update(
    account: string,
    name: string,
    change: (value: Value) => Value,
  ): Promise<Value | undefined>;
  /** `change` gives the record another name, or the same one in another case. */
  rename(account: string, name: string, change: (value: Value) => Value): Promise<Renaming>;
  /** `check` throws to keep the record. Resolves to false where there is none. */
  remove(account: string, name: string, check: (value: Value) => void): Promise<boolean>;
}

export function createNamedRecords<Value extends NamedRecord>(
  table: RecordTable<Value>,
  serial: Serial,
  arnOf: (value: Value) => string,
): NamedRecords<Value> {
  const keys = new Map([...table.values()].map((value) => [value.id, keyOf(value)]));
  const find = (account: string, name: string): Value | undefined =>
    table.get(keyOf({ account, name }));
  const reading = {
    find,
    findByArn(arn: string): Value | undefined {
      const match = namedArn.exec(arn);
      const value = match === null ? undefined : find(match[1] ?? '', match[2] ?? '');
      return value !== undefined && arnOf(value) === arn ? value : undefined;
    },
    findById(id: string): Value | undefined {
      const key = keys.get(id);
      return key === undefined ? undefined : table.get(key);
    },
    list: (account: string): readonly Value[] =>
      [...table.values()]
        .filter((value) => value.account === account)
        .sort((one, other) => (one.name < other.name ? -1 : 1)),
    all: () => table.values(),
    get generation() {
      return table.generation;
    },
  };
  const writing = writesOf(table, serial, keys);
  return Object.defineProperties(
    writing,
    Object.getOwnPropertyDescriptors(reading),
  ) as NamedRecords<Value>;
}

type Writing = 'create' | 'update' | 'rename' | 'remove';

function writesOf<Value extends NamedRecord>(
  table: RecordTable<Value>,
  serial: Serial,
  keys: Map<string, string>,
): Pick<NamedRecords<Value>, Writing> {
  return {
    create: (value, check) =>
      serial(async () => {
        if (table.get(keyOf(value)) !== undefined) return false;
        check?.();
        await table.put(keyOf(value), value);
        keys.set(value.id, keyOf(value));
        return true;
      }),
    update: (account, name, change) =>
      serial(async () => {
        const value = table.get(keyOf({ account, name }));
        if (value === undefined) return undefined;
        const changed = change(value);
        await table.put(keyOf(value), changed);
        return changed;
      }),
    rename: (account, name, change) =>
      serial(async () => {
        const value = table.get(keyOf({ account, name }));
        if (value === undefined) return 'missing';
        const changed = change(value);
        const isElsewhere = keyOf(changed) !== keyOf(value);
        if (isElsewhere && table.get(keyOf(changed)) !== undefined) return 'name-taken';
        await table.move(keyOf(value), keyOf(changed), changed);
        keys.set(changed.id, keyOf(changed));
        return 'renamed';
      }),
    remove: (account, name, check) =>
      serial(async () => {
        const value = table.get(keyOf({ account, name }));
        if (value === undefined) return false;
        check(value);
        await table.remove(keyOf(value));
        keys.delete(value.id);
        return true;
      }),
  };
}

function keyOf({ account, name }: { readonly account: string; readonly name: string }): string {
  return `${account}/${name.toLowerCase()}`;
}

/** `arn:aws:iam::<account>:<kind>/<path>/<name>` */
const namedArn = /^arn:aws:iam::(\d{12}):[a-z-]+\/(?:.*\/)?([^/]+)$/;
