/** Whether a caller may take on a role: its trust policy decides, and the caller's policies. */
import type { AwsError } from '../core/aws-error.ts';
import type { Principal } from '../core/principal.ts';
import { accessDenied } from './denials.ts';
import { allowEverything, refusal } from './explain-denial.ts';
import { evaluate, type ApplicablePolicies } from './evaluate.ts';
import type { Identities } from './identities.ts';
import { openIdProviderArn } from './openid-provider.ts';
import { requestKeys, type OperationKeys, type RequestAttributes } from './request-keys.ts';
import type { Role } from './role.ts';

export type AssumeRoleDecision =
  | { readonly isAllowed: true; readonly role: Role }
  | { readonly isAllowed: false; readonly error: AwsError };

/**
 * Every action must be allowed: `sts:AssumeRole`, and `sts:TagSession` and `sts:SetSourceIdentity`
 * where the session is to have tags or a source identity. In the role's own account a trust policy
 * that names the caller is enough; one that names the account leaves it to the caller's policies;
 * across accounts both must allow. The administrator needs no identity policy, but the role must
 * trust it. (AWS lets no root take on a role; here the root's key is what every client starts
 * with.)
 */
export function decideAssumeRole(
  identities: Identities,
  principal: Caller,
  arn: string,
  conditions: OperationKeys,
  actions: readonly string[] = ['sts:AssumeRole'],
  from: Pick<RequestAttributes, 'sourceIp' | 'region'> = { sourceIp: undefined },
): AssumeRoleDecision {
  const role = identities.roles.findByArn(arn);
  const [first = 'sts:AssumeRole'] = actions;
  if (role === undefined) {
    return { isAllowed: false, error: accessDenied('sts', untrusted(principal, first, arn)) };
  }
  const attributes = { service: 'sts', isSecureTransport: false, ...from };
  const keys = requestKeys(identities, principal, attributes, {
    ...resourceTags(role),
    ...conditions,
  });
  const policies: ApplicablePolicies = {
    ...(principal.kind === 'root'
      ? { identity: [allowEverything] }
      : identities.policiesOf(principal)),
    resource: identities.entityPolicies.trust(role),
    rule: role.account === principal.account ? 'trust' : 'both',
  };
  for (const action of actions) {
    const request = { principal, action, resource: arn, keys };
    const verdict = evaluate(policies, request);
    if (verdict.kind === 'allowed') continue;
    const isUntrusted = verdict.kind === 'implicit-deny' && verdict.missing === 'resource';
    const message = isUntrusted ? untrusted(principal, action, arn) : undefined;
    return { isAllowed: false, error: refusal('sts', policies, request, verdict, message) };
  }
  return { isAllowed: true, role };
}

/** AWS: tells a caller whom the role does not trust nothing, not even whether it exists. */
function untrusted(principal: Caller, action: string, arn: string): string {
  return `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${arn}`;
}

type Caller = Exclude<Principal, { readonly kind: 'service' }>;

export interface WebIdentityRequest {
  readonly arn: string;
  readonly providerName: string;
  readonly conditions: OperationKeys;
  readonly actions: readonly string[];
  readonly from: Pick<RequestAttributes, 'sourceIp' | 'region'>;
}

/** The trust policy alone decides: whoever brings a token has no policies of his own. */
export function decideWebIdentity(
  identities: Identities,
  { arn, providerName, conditions, actions, from }: WebIdentityRequest,
): AssumeRoleDecision {
  const role = identities.roles.findByArn(arn);
  const message = `Not authorized to perform ${actions[0]}`;
  if (role === undefined) return { isAllowed: false, error: accessDenied('sts', message) };
  const { account } = role;
  const provider = openIdProviderArn({ account, name: providerName });
  const principal = { kind: 'web-identity', account, provider } as const;
  const attributes = { service: 'sts', isSecureTransport: false, ...from };
  const keys = requestKeys(identities, principal, attributes, {
    ...resourceTags(role),
    ...conditions,
  });
  const policies: ApplicablePolicies = {
    identity: [allowEverything],
    resource: identities.entityPolicies.trust(role),
    rule: 'trust',
  };
  for (const action of actions) {
    const request = { principal, action, resource: arn, keys };
    const verdict = evaluate(policies, request);
    if (verdict.kind === 'allowed') continue;
    return { isAllowed: false, error: refusal('sts', policies, request, verdict, message) };
  }
  return { isAllowed: true, role };
}

function resourceTags(role: Role): OperationKeys {
  return Object.fromEntries(role.tags.map(({ key, value }) => [`aws:ResourceTag/${key}`, value]));
}
