/** The Principal element of resource and trust policies: whom a statement speaks of, and how. */
import type { Principal } from '../core/principal.ts';
import { listOf, type Principals } from './policy-statement.ts';

/**
 * `session`: the statement names the user or the role's session itself. AWS: in its own account
 * that is enough, whatever its boundary and its session policies leave out.
 * `direct`: it names the role, or everybody: enough without an identity policy, but bounded.
 * `delegated`: it names the caller's account, which then decides by its identity policies.
 */
export type PrincipalMatch = 'session' | 'direct' | 'delegated' | 'none';

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
  if (principals === '*') return match({ AWS: '*' }, caller);
  if (caller.kind === 'service') {
    return listOf(principals['Service']).includes(caller.service) ? 'session' : 'none';
  }
  const named = listOf(principals['AWS']);
  if (named.includes(caller.arn)) return 'session';
  if (named.includes('*')) return caller.kind === 'role-session' ? 'direct' : 'session';
  if (caller.kind === 'role-session' && named.includes(caller.roleArn)) return 'direct';
  const accountRoot = `arn:aws:iam::${caller.account}:root`;
  return named.includes(accountRoot) || named.includes(caller.account) ? 'delegated' : 'none';
}
