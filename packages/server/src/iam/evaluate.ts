/**
 * AWS's order of evaluation: an explicit Deny anywhere wins. Then the caller's side must allow (an
 * identity policy, within the permissions boundary and within the session policies), or within one
 * account the resource's policy that names the caller; across accounts both. Else nothing is
 * allowed. Pure; mirrors "Policy evaluation logic" of the IAM User Guide.
 */
import type { Principal, WebIdentityPrincipal } from '../core/principal.ts';
import type { CompiledPolicy, CompiledStatement } from './compile-policy.ts';
import type { ConditionKeys } from './policy-variables.ts';
import type { PrincipalMatch } from './principals.ts';

export interface AccessRequest {
  readonly principal: Principal | WebIdentityPrincipal;
  /** `lambda:InvokeFunction` */
  readonly action: string;
  /** An ARN, or `*` for an action that has no resource. */
  readonly resource: string;
  readonly keys: ConditionKeys;
}

/** The policies that go with the caller. */
export interface PrincipalPolicies {
  readonly identity: readonly CompiledPolicy[];
  /** Beyond it the identity policies give nothing. */
  readonly boundary?: CompiledPolicy;
  /** Those of the session, where it has some: an Allow of one of them is needed as well. */
  readonly session?: readonly CompiledPolicy[];
}

export interface ApplicablePolicies extends PrincipalPolicies {
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

export type PolicySide = 'identity' | 'boundary' | 'session' | 'resource';

export type Verdict =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'explicit-deny'; readonly by: PolicySide }
  | { readonly kind: 'implicit-deny'; readonly missing: PolicySide };

export function evaluate(policies: ApplicablePolicies, request: AccessRequest): Verdict {
  const action = request.action.toLowerCase();
  const effects = {
    identity: effectOf(policies.identity, action, request),
    boundary: policies.boundary && effectOf([policies.boundary], action, request),
    session: policies.session && effectOf(policies.session, action, request),
    resource: resourceEffect(policies.resource ?? [], action, request),
  };
  const denying = sides.find((side) => effects[side] === 'Deny');
  if (denying !== undefined) return { kind: 'explicit-deny', by: denying };
  const missing = missingSide(effects, policies.rule ?? 'either');
  return missing === undefined ? allowed : { kind: 'implicit-deny', missing };
}

type Effect = 'Allow' | 'Deny' | 'none';

interface Effects {
  readonly identity: Effect;
  /** Undefined: there is none, and it leaves out nothing. */
  readonly boundary: Effect | undefined;
  readonly session: Effect | undefined;
  readonly resource: 'Deny' | PrincipalMatch;
}

function missingSide(effects: Effects, rule: CombinationRule): PolicySide | undefined {
  const { identity, boundary, session, resource } = effects;
  if (rule !== 'either' && resource === 'none') return 'resource';
  if (rule !== 'both' && resource === 'session') return undefined;
  const needsIdentity = rule === 'both' || resource !== 'direct';
  if (needsIdentity && identity === 'none') return 'identity';
  if (boundary === 'none') return 'boundary';
  return session === 'none' ? 'session' : undefined;
}

const allowed: Verdict = { kind: 'allowed' };
const sides = ['identity', 'boundary', 'session', 'resource'] as const;

function effectOf(
  policies: readonly CompiledPolicy[],
  action: string,
  request: AccessRequest,
): Effect {
  let effect: Effect = 'none';
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
): 'Deny' | PrincipalMatch {
  let effect: PrincipalMatch = 'none';
  for (const statement of policy) {
    const match = statement.principals?.(request.principal) ?? 'none';
    if (match === 'none' || !applies(statement, action, request)) continue;
    if (statement.effect === 'Deny') return 'Deny';
    if (strengths.indexOf(match) > strengths.indexOf(effect)) effect = match;
  }
  return effect;
}

const strengths: readonly PrincipalMatch[] = ['none', 'delegated', 'direct', 'session'];

/** Whether the statement speaks of the request, whatever its effect. `action` is in lower case. */
export function applies(
  statement: CompiledStatement,
  action: string,
  request: AccessRequest,
): boolean {
  return (
    statement.matchesAction(action) &&
    statement.matchesResource(request.resource, request.keys) &&
    statement.condition(request.keys)
  );
}
