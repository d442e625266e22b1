/** Whether a caller may take on a role: its trust policy decides, and the caller's policies. */
import type { AwsError } from '../core/aws-error.ts';
import type { Principal } from '../core/principal.ts';
import { denialMessage } from './authorise.ts';
import { accessDenied } from './denials.ts';
import { evaluate } from './evaluate.ts';
import type { Identities } from './identities.ts';
import { requestKeys, type OperationKeys } from './request-keys.ts';
import type { Role } from './role.ts';

export type AssumeRoleDecision =
  | { readonly isAllowed: true; readonly role: Role }
  | { readonly isAllowed: false; readonly error: AwsError };

/**
 * The administrator needs no identity policy, but the role must trust it. (AWS lets no root take
 * on a role; here the root's key is what every client starts with.)
 */
export function decideAssumeRole(
  identities: Identities,
  principal: Exclude<Principal, { readonly kind: 'service' }>,
  arn: string,
  conditions: OperationKeys,
): AssumeRoleDecision {
  const action = 'sts:AssumeRole';
  const role = identities.roles.findByArn(arn);
  if (role === undefined) return refused(principal, arn);
  const attributes = { service: 'sts', sourceIp: undefined, isSecureTransport: false };
  const keys = requestKeys(identities, principal, attributes, conditions);
  const verdict = evaluate(
    {
      identity: principal.kind === 'root' ? [everything] : identities.identityPolicies(principal),
      resource: identities.rolePolicies.trust(role),
      rule: role.account === principal.account ? 'trust' : 'both',
    },
    { principal, action, resource: arn, keys },
  );
  if (verdict.kind === 'allowed') return { isAllowed: true, role };
  const isUntrusted = verdict.kind === 'implicit-deny' && verdict.missing === 'resource';
  if (isUntrusted) return refused(principal, arn);
  const message = denialMessage(principal, action, arn, verdict);
  return { isAllowed: false, error: accessDenied('sts', message) };
}

/** AWS: tells a caller whom the role does not trust nothing, not even whether it exists. */
function refused(
  principal: Exclude<Principal, { readonly kind: 'service' }>,
  arn: string,
): AssumeRoleDecision {
  const message = `User: ${principal.arn} is not authorized to perform: sts:AssumeRole on resource: ${arn}`;
  return { isAllowed: false, error: accessDenied('sts', message) };
}

const everything = [
  {
    sid: undefined,
    effect: 'Allow',
    matchesAction: () => true,
    matchesResource: () => true,
    principals: undefined,
    condition: () => true,
  },
] as const;
