/** The Principal element of resource and trust policies: whom a statement speaks of, and how. */
import type { Principal } from '../core/principal.ts';
import { listOf, type Principals } from './policy-statement.ts';

/**
 * `direct`: the statement names the caller, which is enough in the caller's own account.
 * `delegated`: it names the caller's account, which then decides by its identity policies.
 */
type PrincipalMatch = 'direct' | 'delegated' | 'none';

export type PrincipalMatcher = (principal: Principal) => PrincipalMatch;

export function compilePrincipals(
  principal: Principals | undefined,
  notPrincipal: Principals | undefined,
): PrincipalMatcher | undefined {
  if (principal !== undefined) return (caller) => match(principal, caller);
  if (notPrincipal === undefined) return undefined;
  return (caller) => (match(notPrincipal, caller) === 'none' ? 'direct' : 'none');
}

function match(principals: Principals, caller: Principal): PrincipalMatch {
  // AWS: "*" alone means the same as {"AWS": "*"}: everybody, but no service.
  if (principals === '*') return caller.kind === 'service' ? 'none' : 'direct';
  if (caller.kind === 'service') {
    return listOf(principals['Service']).includes(caller.service) ? 'direct' : 'none';
  }
  const named = listOf(principals['AWS']);
  if (named.includes('*') || namesOf(caller).some((arn) => named.includes(arn))) return 'direct';
  const accountRoot = `arn:aws:iam::${caller.account}:root`;
  return named.includes(accountRoot) || named.includes(caller.account) ? 'delegated' : 'none';
}

/** A role session is named by its role or by itself. */
function namesOf(caller: Exclude<Principal, { readonly kind: 'service' }>): readonly string[] {
  return caller.kind === 'role-session' ? [caller.roleArn, caller.arn] : [caller.arn];
}
