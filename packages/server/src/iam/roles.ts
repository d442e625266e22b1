/** The roles of all accounts: found in memory, changed in the store first. */
import { roleArn, type Role } from './role.ts';
import type { RecordTable } from './record-table.ts';
import type { Serial } from './serial.ts';

export interface Roles {
  /** AWS: the names of roles are not distinguished by case. */
  find(account: string, name: string): Role | undefined;
  /** By its whole ARN, which is: exactly. */
  findByArn(arn: string): Role | undefined;
  findById(id: string): Role | undefined;
  /** Sorted by name. */
  list(account: string): readonly Role[];
  /** Resolves to false, and changes nothing, where the name is taken. */
  create(role: Role): Promise<boolean>;
  /**
   * `change` sees the newest state and nothing else changes identities meanwhile; what it throws
   * is what this rejects with. Undefined where there is no such role.
   */
  update(account: string, name: string, change: (role: Role) => Role): Promise<Role | undefined>;
  /** `check` throws to keep the role. Resolves to false where there is none. */
  remove(account: string, name: string, check: (role: Role) => void): Promise<boolean>;
}

export function createRoles(table: RecordTable<Role>, serial: Serial): Roles {
  const byId = new Map(
    [...table.values()].map((role) => [role.id, keyOf(role.account, role.name)]),
  );
  const find = (account: string, name: string): Role | undefined => table.get(keyOf(account, name));
  return {
    find,
    findByArn(arn) {
      const match = /^arn:aws:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(arn);
      const role = match === null ? undefined : find(match[1] ?? '', match[2] ?? '');
      return role !== undefined && roleArn(role) === arn ? role : undefined;
    },
    findById(id) {
      const key = byId.get(id);
      return key === undefined ? undefined : table.get(key);
    },
    list: (account) =>
      [...table.values()]
        .filter((role) => role.account === account)
        .sort((one, other) => (one.name < other.name ? -1 : 1)),
    create: (role) =>
      serial(async () => {
        if (find(role.account, role.name) !== undefined) return false;
        await table.put(keyOf(role.account, role.name), role);
        byId.set(role.id, keyOf(role.account, role.name));
        return true;
      }),
    update: (account, name, change) =>
      serial(async () => {
        const role = find(account, name);
        if (role === undefined) return undefined;
        const changed = change(role);
        await table.put(keyOf(account, name), changed);
        return changed;
      }),
    remove: (account, name, check) =>
      serial(async () => {
        const role = find(account, name);
        if (role === undefined) return false;
        check(role);
        await table.remove(keyOf(account, name));
        byId.delete(role.id);
        return true;
      }),
  };
}

function keyOf(account: string, name: string): string {
  return `${account}/${name.toLowerCase()}`;
}
