/** The accounts of this server. The first exists from the start and needs no record. */
import type { RecordTable } from './record-table.ts';
import type { Serial } from './serial.ts';

interface Account {
  readonly id: string;
  readonly createdAtMs?: number;
  /** AWS: unique among all accounts. */
  readonly alias?: string;
}

export interface Accounts {
  find(id: string): Account | undefined;
  list(): readonly Account[];
  /** Resolves to false where the account exists. */
  create(id: string, createdAtMs: number): Promise<boolean>;
  /** Undefined takes the alias away. Resolves to false where another account has it. */
  setAlias(id: string, alias: string | undefined): Promise<boolean>;
}

/** The account of the key pair `test`/`test`. */
export const DEFAULT_ACCOUNT = '000000000000';

export function createAccounts(table: RecordTable<Account>, serial: Serial): Accounts {
  const find = (id: string): Account | undefined =>
    table.get(id) ?? (id === DEFAULT_ACCOUNT ? { id } : undefined);
  const list = (): readonly Account[] => {
    const others = [...table.values()].filter(({ id }) => id !== DEFAULT_ACCOUNT);
    return [find(DEFAULT_ACCOUNT) ?? { id: DEFAULT_ACCOUNT }, ...others];
  };
  return {
    find,
    list,
    create: (id, createdAtMs) =>
      serial(async () => {
        if (find(id) !== undefined) return false;
        await table.put(id, { id, createdAtMs });
        return true;
      }),
    setAlias: (id, alias) =>
      serial(async () => {
        if (alias !== undefined && list().some((each) => each.alias === alias && each.id !== id)) {
          return false;
        }
        const { alias: _, ...account } = find(id) ?? { id };
        await table.put(id, alias === undefined ? account : { ...account, alias });
        return true;
      }),
  };
}
