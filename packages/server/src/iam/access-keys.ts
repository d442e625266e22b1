/** The access keys of users: their secrets encrypted at rest, found by their id. */
import type { Ids } from '../lib/ids.ts';
import { userPrincipal, type AccessKey } from './credentials.ts';
import type { NamedRecords } from './named-records.ts';
import type { SecretBox } from './secret-box.ts';
import { accessKeyId } from './unique-id.ts';
import type { User, UserAccessKey } from './user.ts';

export interface NewAccessKey {
  readonly key: UserAccessKey;
  /** Shown once, and nowhere in clear afterwards. */
  readonly secret: string;
}

export interface AccessKeys {
  /** A key for a user of this account, which the caller adds to the user's record. */
  make(account: string, nowMs: number): NewAccessKey;
  /** For signatures: undefined for one that does not exist or is inactive. */
  findActive(id: string): AccessKey | undefined;
  /** Whose key it is, whether active or not. */
  ownerOf(id: string): User | undefined;
}

export function createAccessKeys(
  deps: { readonly ids: Ids; readonly secrets: SecretBox },
  users: NamedRecords<User>,
): AccessKeys {
  const { ids, secrets } = deps;
  // Both are made anew when a user changes; records themselves are immutable.
  let index = { generation: -1, userIds: new Map<string, string>() };
  const opened = new WeakMap<UserAccessKey, string>();
  const ownerOf = (id: string): User | undefined => {
    if (index.generation !== users.generation) {
      index = { generation: users.generation, userIds: indexOf(users) };
    }
    const userId = index.userIds.get(id);
    return userId === undefined ? undefined : users.findById(userId);
  };
  return {
    ownerOf,
    make(account, nowMs) {
      const id = accessKeyId(ids, 'AKIA', account);
      const secret = Buffer.from(ids.hex(30), 'hex').toString('base64');
      const sealedSecret = secrets.seal(secret, id);
      return { key: { id, sealedSecret, isActive: true, createdAtMs: nowMs }, secret };
    },
    findActive(id) {
      const user = ownerOf(id);
      const key = user?.accessKeys.find((each) => each.id === id);
      if (user === undefined || key?.isActive !== true) return undefined;
      const secret = opened.get(key) ?? secrets.open(key.sealedSecret, id);
      if (secret === undefined) return undefined;
      opened.set(key, secret);
      return { secret, principal: userPrincipal(user) };
    },
  };
}

function indexOf(users: NamedRecords<User>): Map<string, string> {
  return new Map(
    [...users.all()].flatMap((user) =>
      user.accessKeys.map((key): [string, string] => [key.id, user.id]),
    ),
  );
}
