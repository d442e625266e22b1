/**
 * AWS's order of evaluation within one account: an explicit Deny anywhere wins; then an Allow of
 * an identity policy, or one of the resource's policy that names the caller; else nothing is
 * allowed. Pure; mirrors "Policy evaluation logic" of the IAM User Guide.
 */
import type { Principal } from '../core/principal.ts';
import type { CompiledPolicy, CompiledStatement } from './compile-policy.ts';
import type { ConditionKeys } from './policy-variables.ts';

export interface AccessRequest {
  readonly principal: Principal;
  /** `lambda:InvokeFunction` */
  readonly action: string;
  /** An ARN, or `*` for an action that has no resource. */
  readonly resource: string;
  readonly keys: ConditionKeys;
}

export interface ApplicablePolicies {
  readonly identity: readonly CompiledPolicy[];
  /** The policy of the resource itself, where it has one. */
  readonly resource?: CompiledPolicy;
  /** How the two sides combine; `either` where it is left out. */
  readonly rule?: CombinationRule;
}

/**
 * `either`: in the resource's own account an Allow of one side is enough.
 * `both`: across accounts both sides must allow.
 * `trust`: taking on a role of the own account: its trust policy must allow, and where that only
 * delegates to the account, the identity policies must as well.
 */
export type CombinationRule = 'either' | 'both' | 'trust';

export type Verdict =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'explicit-deny'; readonly by: 'identity' | 'resource' }
  | { readonly kind: 'implicit-deny'; readonly missing: 'identity' | 'resource' };

export function evaluate(policies: ApplicablePolicies, request: AccessRequest): Verdict {
  const action = request.action.toLowerCase();
  const identity = identityEffect(policies.identity, action, request);
  if (identity === 'Deny') return { kind: 'explicit-deny', by: 'identity' };
  const resource = resourceEffect(policies.resource ?? [], action, request);
  if (resource === 'Deny') return { kind: 'explicit-deny', by: 'resource' };

  const rule = policies.rule ?? 'either';
  if (rule !== 'either' && resource === 'none')
    return { kind: 'implicit-deny', missing: 'resource' };
  if (identity === 'Allow' || (rule !== 'both' && resource === 'direct')) return allowed;
  return { kind: 'implicit-deny', missing: 'identity' };
}

const allowed: Verdict = { kind: 'allowed' };

function identityEffect(
  policies: readonly CompiledPolicy[],
  action: string,
  request: AccessRequest,
): 'Allow' | 'Deny' | 'none' {
  let effect: 'Allow' | 'none' = 'none';
  for (const policy of policies) {
    for (const statement of policy) {
      if (!applies(statement, action, request)) continue;
      if (statement.effect === 'Deny') return 'Deny';
      effect = 'Allow';
    }
  }
  return effect;
}

/** What the resource's own policy says: the strongest statement that speaks of the caller. */
export function resourceEffect(
  policy: CompiledPolicy,
  action: string,
  request: AccessRequest,
): 'Deny' | 'direct' | 'delegated' | 'none' {
  let effect: 'direct' | 'delegated' | 'none' = 'none';
  for (const statement of policy) {
    const match = statement.principals?.(request.principal) ?? 'none';
    if (match === 'none' || !applies(statement, action, request)) continue;
    if (statement.effect === 'Deny') return 'Deny';
    if (effect !== 'direct') effect = match;
  }
  return effect;
}

function applies(statement: CompiledStatement, action: string, request: AccessRequest): boolean {
  return (
    statement.matchesAction(action) &&
    statement.matchesResource(request.resource, request.keys) &&
    statement.condition(request.keys)
  );
}
