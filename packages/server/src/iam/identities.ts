/**
 * Everybody who can act here, and what they may do: accounts, users and their keys, groups, roles,
 * policies, sessions. All of it is in memory, so that authenticating and authorising a request
 * awaits nothing.
 */
import type { Principal } from '../core/principal.ts';
import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import type { Logger } from '../lib/logger.ts';
import type { Store } from '../store/store.ts';
import { createAccessKeys, type AccessKeys } from './access-keys.ts';
import { createAccounts, DEFAULT_ACCOUNT, type Accounts } from './accounts.ts';
import {
  createAuthorizationMessages,
  type AuthorizationMessages,
} from './authorization-message.ts';
import type { CompiledPolicy } from './compile-policy.ts';
import {
  findCredentials,
  rootPrincipal,
  type FoundCredentials,
  type ListenerKind,
} from './credentials.ts';
import type { ActingEntity } from './entity.ts';
import { createEntityPolicies, type EntityPolicies } from './entity-policies.ts';
import type { PrincipalPolicies } from './evaluate.ts';
import { groupArn, type Group } from './group.ts';
import { instanceProfileArn, type InstanceProfile } from './instance-profile.ts';
import { createKeyUses, type KeyUse, type KeyUses } from './key-uses.ts';
import { createManagedPolicies, type ManagedPolicies } from './managed-policies.ts';
import type { ManagedPolicy } from './managed-policy.ts';
import { createNamedRecords, type NamedRecords } from './named-records.ts';
import { openIdProviderArn, type OpenIdProvider } from './openid-provider.ts';
import { createRecentDenials, type RecentDenials } from './recent-denials.ts';
import { openRecordTable, recordMigrations } from './record-table.ts';
import { roleArn, type Role } from './role.ts';
import { createSecretBox } from './secret-box.ts';
import { createSerial, type Serial } from './serial.ts';
import { openServerKey } from './server-key.ts';
import { createSessionPolicies } from './session-policies.ts';
import { sealSession, type SealedSession, type SessionClaims } from './session-token.ts';
import { userArn, type User } from './user.ts';

/** What is known of whom. */
interface Records {
  readonly accounts: Accounts;
  readonly users: NamedRecords<User>;
  readonly groups: NamedRecords<Group>;
  readonly roles: NamedRecords<Role>;
  readonly instanceProfiles: NamedRecords<InstanceProfile>;
  readonly openIdProviders: NamedRecords<OpenIdProvider>;
  readonly policies: ManagedPolicies;
  readonly keyUses: KeyUses;
}

export interface Identities extends Records {
  readonly clock: Clock;
  readonly accessKeys: AccessKeys;
  readonly entityPolicies: EntityPolicies;
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
  /** The user, or the role behind a session, while it exists: not another one of the same name. */
  actorOf(principal: Principal): ActingEntity | undefined;
  policiesOf(principal: Principal): PrincipalPolicies;
  seal(claims: SessionClaims): SealedSession;
  readonly denials: RecentDenials;
  readonly authorizationMessages: AuthorizationMessages;
}

export interface IdentitiesDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  /** 32 bytes (key-file.ts); rejects where it is another than the one that the store was made with. */
  readonly secretsKey: Uint8Array;
}

/** The administrator's key pair of the account that exists from the start. */
const DEFAULT_KEY = 'test';

export async function openIdentities(deps: IdentitiesDeps): Promise<Identities> {
  await deps.store.migrate('iam', recordMigrations);
  const serial = createSerial();
  const secrets = createSecretBox(deps.secretsKey, deps.ids);
  const serverKey = await openServerKey(deps, secrets);
  const records = await openRecords(deps, serial);
  const entityPolicies = createEntityPolicies(records.policies);
  const accessKeys = createAccessKeys({ ids: deps.ids, secrets }, records.users);
  const principals = principalsOf(records, entityPolicies);
  const root = { secret: DEFAULT_KEY, principal: rootPrincipal(DEFAULT_ACCOUNT) };
  const sources = {
    clock: deps.clock,
    serverKey,
    accessKey: (id: string) => (id === DEFAULT_KEY ? root : accessKeys.findActive(id)),
    roleById: (id: string) => records.roles.findById(id),
    userById: (id: string) => records.users.findById(id),
  };
  return {
    ...records,
    clock: deps.clock,
    accessKeys,
    entityPolicies,
    ...principals,
    findCredentials: (accessKeyId, sessionToken, listener, service) =>
      findCredentials(sources, { accessKeyId, sessionToken, listener, service }),
    seal: (claims) => sealSession(serverKey, claims),
    denials: createRecentDenials(deps.clock),
    authorizationMessages: createAuthorizationMessages(secrets),
  };
}

async function openRecords(deps: IdentitiesDeps, serial: Serial): Promise<Records> {
  const named = async <Value extends NamedValue>(
    kind: string,
    arnOf: (value: Value) => string,
  ): Promise<NamedRecords<Value>> =>
    createNamedRecords(await openRecordTable<Value>(deps, kind), serial, arnOf);
  const policies = await openRecordTable<ManagedPolicy>(deps, 'policy');
  const keyUses = await openRecordTable<KeyUse>(deps, 'key-use');
  return {
    accounts: createAccounts(await openRecordTable(deps, 'account'), serial),
    users: await named<User>('user', userArn),
    groups: await named<Group>('group', groupArn),
    roles: await named<Role>('role', roleArn),
    instanceProfiles: await named<InstanceProfile>('instance-profile', instanceProfileArn),
    openIdProviders: await named<OpenIdProvider>('openid-provider', openIdProviderArn),
    policies: createManagedPolicies(policies, serial),
    keyUses: createKeyUses(keyUses, serial, deps.logger),
  };
}

interface NamedValue {
  readonly account: string;
  readonly name: string;
  readonly id: string;
}

function principalsOf(
  { users, groups, roles }: Records,
  entityPolicies: EntityPolicies,
): Pick<Identities, 'actorOf' | 'policiesOf'> {
  const sessionPolicies = createSessionPolicies(entityPolicies);
  const roleOf = (userId: string): Role | undefined =>
    roles.findById(userId.slice(0, userId.indexOf(':')));
  const policiesOfUser = (user: User): readonly CompiledPolicy[] =>
    user.groups.flatMap((id) => {
      const group = groups.findById(id);
      // A group with members cannot be deleted: its record was found damaged.
      return group === undefined ? [entityPolicies.denyEverything] : entityPolicies.identity(group);
    });
  const bounded = (actor: ActingEntity, identity: readonly CompiledPolicy[]): PrincipalPolicies => {
    const boundary = entityPolicies.boundary(actor);
    return boundary === undefined ? { identity } : { identity, boundary };
  };
  return {
    actorOf(principal) {
      if (principal.kind === 'user') return users.findById(principal.userId);
      return principal.kind === 'role-session' ? roleOf(principal.userId) : undefined;
    },
    policiesOf(principal) {
      if (principal.kind === 'user') {
        const user = users.findById(principal.userId);
        if (user === undefined) return noPolicies;
        return bounded(user, [...entityPolicies.identity(user), ...policiesOfUser(user)]);
      }
      if (principal.kind !== 'role-session') return noPolicies;
      const role = roleOf(principal.userId);
      if (role === undefined) return noPolicies;
      const session = sessionPolicies(principal.session);
      const policies = bounded(role, entityPolicies.identity(role));
      return session === undefined ? policies : { ...policies, session };
    },
  };
}

const noPolicies: PrincipalPolicies = { identity: [] };
