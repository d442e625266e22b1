/** The port core/role-sessions.ts: how a service takes on a role that trusts it. */
import { RoleNotAssumable } from '../core/invocation.ts';
import type { RoleSession, SessionAttributes } from '../core/principal.ts';
import type { RoleSessions } from '../core/role-sessions.ts';
import type { Ids } from '../lib/ids.ts';
import { roleSessionPrincipal } from './credentials.ts';
import { resourceEffect } from './evaluate.ts';
import type { Identities } from './identities.ts';
import { requestKeys } from './request-keys.ts';
import { roleArn, type Role } from './role.ts';
import { accessKeyId as newAccessKeyId } from './unique-id.ts';

/** AWS: the credentials of an environment are good for twelve hours; it is renewed before. */
const SERVICE_SESSION_MS = 12 * 60 * 60 * 1000;

export function createRoleSessions(deps: {
  readonly identities: Identities;
  readonly ids: Ids;
}): RoleSessions {
  const { identities, ids } = deps;
  return {
    async isAssumableBy(arn, service) {
      const role = identities.roles.findByArn(arn);
      return role !== undefined && trusts(identities, role, service);
    },
    async assume(arn, sessionName, service) {
      const role = identities.roles.findByArn(arn);
      if (role === undefined || !trusts(identities, role, service)) {
        throw new RoleNotAssumable(`${service} cannot assume ${arn}`);
      }
      const expiresAtMs = identities.clock.nowMs() + SERVICE_SESSION_MS;
      return startSession({ identities, ids }, role, sessionName, expiresAtMs);
    },
  };
}

/** Temporary credentials of a role, for whoever was found to be allowed to have them. */
export function startSession(
  deps: { readonly identities: Identities; readonly ids: Ids },
  role: Role,
  sessionName: string,
  expiresAtMs: number,
  session?: SessionAttributes,
): RoleSession {
  const accessKeyId = newAccessKeyId(deps.ids, 'ASIA', role.account);
  const subject = {
    kind: 'role',
    roleId: role.id,
    sessionName,
    ...(session === undefined ? {} : { session }),
  } as const;
  const { token, secretAccessKey } = deps.identities.seal({ accessKeyId, subject, expiresAtMs });
  return {
    principal: roleSessionPrincipal(role, sessionName, session),
    credentials: { accessKeyId, secretAccessKey, sessionToken: token, expiresAtMs },
  };
}

function trusts(identities: Identities, role: Role, service: string): boolean {
  const principal = { kind: 'service', service } as const;
  const attributes = { service: 'sts', sourceIp: undefined, isSecureTransport: true };
  const keys = requestKeys(identities, principal, attributes, {
    'aws:SourceAccount': role.account,
  });
  const request = { principal, action: 'sts:AssumeRole', resource: roleArn(role), keys };
  const effect = resourceEffect(identities.entityPolicies.trust(role), 'sts:assumerole', request);
  return effect === 'direct' || effect === 'session';
}
