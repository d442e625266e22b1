/** The Principal element of resource and trust policies: whom a statement speaks of, and how. */
import type { Principal, WebIdentityPrincipal } from '../core/principal.ts';
import { listOf, type Principals } from './policy-statement.ts';

/**
 * `session`: the statement names the user or the role's session itself. AWS: in its own account
 * that is enough, whatever its boundary and its session policies leave out.
 * `direct`: it names the role, or everybody: enough without an identity policy, but bounded.
 * `delegated`: it names the caller's account, which then decides by its identity policies.
 */
export type PrincipalMatch = 'session' | 'direct' | 'delegated' | 'none';

export type PrincipalMatcher = (principal: Principal | WebIdentityPrincipal) => PrincipalMatch;

/**
 * The ids of the users and roles that a policy names by ARN, where it binds to them: the ARN then
 * means the one that had it when the policy was written, and nobody who takes the name later.
 */
export type PrincipalBindings = Readonly<Record<string, string>>;

export function compilePrincipals(
  principal: Principals | undefined,
  notPrincipal: Principals | undefined,
  bindings: PrincipalBindings = {},
): PrincipalMatcher | undefined {
  if (principal !== undefined) return compileNamed(principal, bindings);
  if (notPrincipal === undefined) return undefined;
  const matches = compileNamed(notPrincipal, bindings);
  return (caller) => (matches(caller) === 'none' ? 'direct' : 'none');
}

function compileNamed(principals: Principals, bindings: PrincipalBindings): PrincipalMatcher {
  // AWS: "*" alone means the same as {"AWS": "*"}: everybody, but no service.
  if (principals === '*') return compileNamed({ AWS: '*' }, bindings);
  const services = new Set(listOf(principals['Service']));
  const providers = new Set(listOf(principals['Federated']));
  const aws = listOf(principals['AWS']);
  const names = new Set(aws.filter((name) => bindings[name] === undefined));
  const ids = new Set(aws.map((name) => bindings[name]).filter((id) => id !== undefined));
  return (caller) => {
    if (caller.kind === 'service') return services.has(caller.service) ? 'session' : 'none';
    if (caller.kind === 'web-identity') return providers.has(caller.provider) ? 'direct' : 'none';
    if (names.has(caller.arn) || ids.has(caller.userId)) return 'session';
    const isRole = caller.kind === 'role-session';
    if (names.has('*')) return isRole ? 'direct' : 'session';
    if (isRole && (names.has(caller.roleArn) || ids.has(roleIdOf(caller.userId)))) return 'direct';
    const accountRoot = `arn:aws:iam::${caller.account}:root`;
    return names.has(accountRoot) || names.has(caller.account) ? 'delegated' : 'none';
  };
}

/** `<role id>:<session name>` */
function roleIdOf(userId: string): string {
  return userId.slice(0, userId.indexOf(':'));
}
