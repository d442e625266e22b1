/**
 * Everybody who can act here, and what they may do: accounts' keys, roles, policies, sessions.
 * All of it is in memory, so that authenticating and authorising a request awaits nothing.
 */
import type { Principal } from '../core/principal.ts';
import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import type { Logger } from '../lib/logger.ts';
import type { Store } from '../store/store.ts';
import type { CompiledPolicy } from './compile-policy.ts';
import {
  findCredentials,
  type AccessKey,
  type FoundCredentials,
  type ListenerKind,
} from './credentials.ts';
import { createManagedPolicies, type ManagedPolicies } from './managed-policies.ts';
import type { ManagedPolicy } from './managed-policy.ts';
import { openRecordTable, recordMigrations } from './record-table.ts';
import type { Role } from './role.ts';
import { createRolePolicies, type RolePolicies } from './role-policies.ts';
import { createRoles, type Roles } from './roles.ts';
import { createSerial } from './serial.ts';
import { sealSession, type SealedSession, type SessionClaims } from './session-token.ts';

export interface Identities {
  readonly clock: Clock;
  readonly roles: Roles;
  readonly policies: ManagedPolicies;
  readonly rolePolicies: RolePolicies;
  /**
   * Throws the `AwsError` that `service` (its signing name) answers for a key that does not
   * exist, a token that is not the key's own, or a session that has ended. The sandboxes'
   * listener knows no key of a root.
   */
  findCredentials(
    accessKeyId: string,
    sessionToken: string | undefined,
    listener: ListenerKind,
    service: string,
  ): FoundCredentials;
  /** The role behind a session, while it exists: not another one of the same name. */
  roleOf(principal: Principal): Role | undefined;
  identityPolicies(principal: Principal): readonly CompiledPolicy[];
  seal(claims: SessionClaims): SealedSession;
}

export interface IdentitiesDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
}

/** The account that exists from the start, and its administrator's key pair. */
const DEFAULT_ACCOUNT = '000000000000';
const defaultKey: AccessKey = { id: 'test', secret: 'test', account: DEFAULT_ACCOUNT };

export async function openIdentities(deps: IdentitiesDeps): Promise<Identities> {
  await deps.store.migrate('iam', recordMigrations);
  const serial = createSerial();
  const serverKey = await openServerKey(deps);
  const roles = createRoles(await openRecordTable<Role>(deps, 'role'), serial);
  const policies = createManagedPolicies(
    await openRecordTable<ManagedPolicy>(deps, 'policy'),
    serial,
  );
  const rolePolicies = createRolePolicies(policies);
  const accessKey = (id: string): AccessKey | undefined =>
    id === defaultKey.id ? defaultKey : undefined;
  const roleById = (id: string): Role | undefined => roles.findById(id);
  const sources = { clock: deps.clock, serverKey, accessKey, roleById };
  const roleOf = (principal: Principal): Role | undefined =>
    principal.kind === 'role-session'
      ? roleById(principal.userId.slice(0, principal.userId.indexOf(':')))
      : undefined;
  return {
    clock: deps.clock,
    roles,
    policies,
    rolePolicies,
    findCredentials: (accessKeyId, sessionToken, listener, service) =>
      findCredentials(sources, { accessKeyId, sessionToken, listener, service }),
    roleOf,
    identityPolicies(principal) {
      const role = roleOf(principal);
      return role === undefined ? [] : rolePolicies.identity(role);
    },
    seal: (claims) => sealSession(serverKey, claims),
  };
}

interface ServerKey {
  readonly hex: string;
}

/** Made once; whoever has it can make sessions, so it never leaves this room. */
async function openServerKey(deps: IdentitiesDeps): Promise<Uint8Array> {
  const table = await openRecordTable<ServerKey>(deps, 'server-key');
  const known = table.get('sessions');
  if (known !== undefined) return Buffer.from(known.hex, 'hex');
  const made: ServerKey = { hex: deps.ids.hex(32) };
  await table.put('sessions', made);
  return Buffer.from(made.hex, 'hex');
}
