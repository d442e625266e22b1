/** Whether a principal may do what an operation needs; the gateway asks before each handler. */
import type { AwsError } from '../core/aws-error.ts';
import type { Permission, ResourcePolicy } from '../core/operation.ts';
import type { Principal } from '../core/principal.ts';
import { compilePolicy, type CompiledPolicy } from './compile-policy.ts';
import { accessDenied } from './denials.ts';
import { evaluate, type ApplicablePolicies } from './evaluate.ts';
import { allowEverything, refusal } from './explain-denial.ts';
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
  for (const permission of permissions) {
    const { action, resources, conditions, resourcePolicy, resourceAccount } = permission;
    const keys = requestKeys(identities, principal, attributes, conditions);
    const policies: ApplicablePolicies = {
      ...identities.policiesOf(principal),
      ...(resourcePolicy === undefined ? {} : { resource: compiledPolicy(resourcePolicy) }),
    };
    // An action always acts on something: with no resource named it is `*`, never nothing.
    for (const resource of resources.length === 0 ? ['*'] : resources) {
      if (action === 'iam:PassRole' && isOfAnotherAccount(principal, resource)) {
        const message = 'Cross-account pass role is not allowed.';
        return { isAllowed: false, error: accessDenied(attributes.service, message) };
      }
      const request = { principal, action, resource, keys };
      const applicable = applicableTo(policies, principal, resource, resourceAccount);
      const verdict = evaluate(applicable, request);
      if (verdict.kind === 'allowed') continue;
      const owner = ownerOf(resource, resourceAccount);
      const error = refusal(attributes.service, applicable, { ...request, owner }, verdict);
      return { isAllowed: false, error };
    }
  }
  return { isAllowed: true };
}

/**
 * A root may do everything in its own account that no policy of the resource denies. Across
 * accounts both sides must allow, and a root is its own account's side.
 */
function applicableTo(
  policies: ApplicablePolicies,
  principal: Principal,
  resource: string,
  resourceAccount: string | undefined,
): ApplicablePolicies {
  // Who has not signed has no policies of its own: as with a trust policy, the resource's must allow.
  if (principal.kind === 'anonymous') return { ...policies, rule: 'trust' };
  const rule = isOfAnotherAccount(principal, resource, resourceAccount) ? 'both' : 'either';
  const identity = principal.kind === 'root' ? [allowEverything] : policies.identity;
  return { ...policies, identity, rule };
}

/** What belongs to no account (`*`, policies of AWS) is everybody's own. */
function isOfAnotherAccount(
  principal: Principal,
  resource: string,
  resourceAccount?: string,
): boolean {
  if (principal.kind === 'service' || principal.kind === 'anonymous' || resource === '*') {
    return false;
  }
  const owner = ownerOf(resource, resourceAccount);
  return /^\d{12}$/.test(owner) && owner !== principal.account;
}

function ownerOf(resource: string, resourceAccount: string | undefined): string {
  return resourceAccount ?? resource.split(':', 5)[4] ?? '';
}

/** Compiled once for each policy that there is. */
function compiledPolicy(policy: ResourcePolicy): CompiledPolicy {
  const known = compiled.get(policy);
  if (known !== undefined) return known;
  const made = compilePolicy(policy, 'resource policy');
  compiled.set(policy, made);
  return made;
}

/** Policies are immutable: a change makes another object. */
const compiled = new WeakMap<ResourcePolicy, CompiledPolicy>();
