/** A new account on this server, with an administrator: a user who may do everything in it. */
import type { Ids } from '../lib/ids.ts';
import type { Identities } from './identities.ts';
import { uniqueId } from './unique-id.ts';
import type { User } from './user.ts';

export interface CreatedAccount {
  readonly account: string;
  readonly userName: string;
  readonly accessKeyId: string;
  /** Not to be had again. */
  readonly secretAccessKey: string;
}

/** The caller's fault; the message says what is wrong. */
export class AccountRefused extends Error {
  override get name(): string {
    return 'AccountRefused';
  }
}

/**
 * Rejects for an id that is no account's, or whose account has users. (One without users was cut
 * off at its creation, or has nobody left: it gets its administrator.) Without an id one is drawn
 * at random.
 */
export async function createAccount(
  deps: { readonly identities: Identities; readonly ids: Ids },
  id?: string,
): Promise<CreatedAccount> {
  const { identities, ids } = deps;
  if (id !== undefined && !/^\d{12}$/.test(id)) {
    throw new AccountRefused(`An account is named by twelve digits, not by "${id}".`);
  }
  const account = id ?? drawAccount(identities, ids);
  const createdAtMs = Math.floor(identities.clock.nowMs() / 1000) * 1000;
  const { key, secret } = identities.accessKeys.make(account, createdAtMs);
  const administrator: User = {
    account,
    name: 'Administrator',
    id: uniqueId(ids, 'AIDA'),
    path: '/',
    createdAtMs,
    tags: [],
    inlinePolicies: {},
    attachedPolicies: ['arn:aws:iam::aws:policy/AdministratorAccess'],
    groups: [],
    accessKeys: [key],
  };
  await identities.accounts.create(account, createdAtMs);
  const isFirst = await identities.users.create(administrator, () => {
    if (identities.users.list(account).length > 0) throw existing(account);
  });
  if (!isFirst) throw existing(account);
  return {
    account,
    userName: administrator.name,
    accessKeyId: key.id,
    secretAccessKey: secret,
  };
}

function existing(account: string): AccountRefused {
  return new AccountRefused(`The account ${account} exists already.`);
}

function drawAccount(identities: Identities, ids: Ids): string {
  for (;;) {
    const drawn = (BigInt(`0x${ids.hex(8)}`) % 900_000_000_000n) + 100_000_000_000n;
    if (identities.accounts.find(String(drawn)) === undefined) return String(drawn);
  }
}
