/** Whether a principal may do what an operation needs; the gateway asks before each handler. */
import type { AwsError } from '../core/aws-error.ts';
import type { Permission, ResourcePolicy } from '../core/operation.ts';
import type { Principal } from '../core/principal.ts';
import { compilePolicy, type CompiledPolicy } from './compile-policy.ts';
import { accessDenied } from './denials.ts';
import {
  evaluate,
  type AccessRequest,
  type ApplicablePolicies,
  type PolicySide,
  type Verdict,
} from './evaluate.ts';
import type { Identities } from './identities.ts';
import { requestKeys, type RequestAttributes } from './request-keys.ts';

export type { RequestAttributes } from './request-keys.ts';

export type Decision =
  | { readonly isAllowed: true }
  /** The error has the code and status that `attributes.service` uses. */
  | { readonly isAllowed: false; readonly error: AwsError };

/** Every action must be allowed on every one of its resources; the first that is not, is named. */
export function authorise(
  identities: Identities,
  principal: Principal,
  permissions: readonly Permission[],
  attributes: RequestAttributes,
): Decision {
  for (const { action, resources, conditions, resourcePolicy } of permissions) {
    const keys = requestKeys(identities, principal, attributes, conditions);
    const policies: ApplicablePolicies = {
      ...identities.policiesOf(principal),
      ...(resourcePolicy === undefined ? {} : { resource: compiledPolicy(resourcePolicy) }),
    };
    // An action always acts on something: with no resource named it is `*`, never nothing.
    for (const resource of resources.length === 0 ? ['*'] : resources) {
      const verdict = decide(policies, { principal, action, resource, keys });
      if (verdict.kind === 'allowed') continue;
      const message = denialMessage(principal, action, resource, verdict);
      return { isAllowed: false, error: accessDenied(attributes.service, message) };
    }
  }
  return { isAllowed: true };
}

/**
 * A root may do everything in its own account that no policy of the resource denies. Across
 * accounts both sides must allow, and a root is its own account's side.
 */
function decide(policies: ApplicablePolicies, request: AccessRequest): Verdict {
  const { principal, resource } = request;
  const rule = isOfAnotherAccount(principal, resource) ? 'both' : 'either';
  const identity = principal.kind === 'root' ? everything : policies.identity;
  return evaluate({ ...policies, identity, rule }, request);
}

/** What belongs to no account (`*`, policies of AWS) is everybody's own. */
function isOfAnotherAccount(principal: Principal, resource: string): boolean {
  if (principal.kind === 'service' || resource === '*') return false;
  const owner = resource.split(':', 5)[4] ?? '';
  return /^\d{12}$/.test(owner) && owner !== principal.account;
}

const everything: readonly CompiledPolicy[] = [
  compilePolicy({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  }),
];

function compiledPolicy(policy: ResourcePolicy): CompiledPolicy {
  const known = compiled.get(policy);
  if (known !== undefined) return known;
  const made = compilePolicy(policy);
  compiled.set(policy, made);
  return made;
}

/** Policies are immutable: a change makes another object. */
const compiled = new WeakMap<ResourcePolicy, CompiledPolicy>();

export function denialMessage(
  principal: Principal,
  action: string,
  resource: string,
  verdict: Exclude<Verdict, { readonly kind: 'allowed' }>,
): string {
  const who = principal.kind === 'service' ? principal.service : principal.arn;
  const denied = `User: ${who} is not authorized to perform: ${action} on resource: ${resource}`;
  return verdict.kind === 'explicit-deny'
    ? `${denied} with an explicit deny in ${articles[verdict.by]} ${sideNames[verdict.by]}`
    : `${denied} because no ${sideNames[verdict.missing]} allows the ${action} action`;
}

const sideNames: Readonly<Record<PolicySide, string>> = {
  identity: 'identity-based policy',
  boundary: 'permissions boundary',
  session: 'session policy',
  resource: 'resource-based policy',
};
const articles: Readonly<Record<PolicySide, string>> = {
  identity: 'an',
  boundary: 'a',
  session: 'a',
  resource: 'a',
};
