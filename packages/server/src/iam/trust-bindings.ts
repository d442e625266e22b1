/**
 * Whom a trust policy means. AWS: a user or role that it names is kept by its unique id; one that
 * takes the name later is not trusted, one that was renamed still is, and the document then shows
 * the new ARN, or the bare id of somebody who is gone.
 */
import type { Identities } from './identities.ts';
import { listOf, type OneOrMore } from './policy-statement.ts';
import type { PolicyDocument } from './policy-document.ts';
import type { PrincipalBindings } from './principals.ts';
import { roleArn, type Role } from './role.ts';
import { userArn } from './user.ts';

type Known = Pick<Identities, 'users' | 'roles'>;

export function bindPrincipals(
  { users, roles }: Known,
  document: PolicyDocument,
): PrincipalBindings {
  const bound = namedPrincipals(document).flatMap((arn) => {
    const found = arn.includes(':role/') ? roles.findByArn(arn) : users.findByArn(arn);
    return found === undefined ? [] : [[arn, found.id] as const];
  });
  return Object.fromEntries(bound);
}

/** The ARNs of users and roles in the document, each as often as it stands there. */
export function namedPrincipals({ Statement }: PolicyDocument): readonly string[] {
  return Statement.flatMap(({ Principal }) =>
    Principal === undefined || Principal === '*' ? [] : listOf(Principal['AWS']),
  ).filter((name) => /^arn:aws:iam::\d{12}:(role|user)\//.test(name));
}

/** The trust policy as it is shown: its author's text while everybody in it has kept the name. */
export function shownTrustPolicy(
  { users, roles }: Known,
  role: Pick<Role, 'trustPolicy' | 'trustedIds'>,
): string {
  const names = Object.entries(role.trustedIds ?? {}).map(([arn, id]) => {
    const user = users.findById(id);
    const trusted = roles.findById(id);
    if (user !== undefined) return [arn, userArn(user)] as const;
    return [arn, trusted === undefined ? id : roleArn(trusted)] as const;
  });
  const changed = new Map(names.filter(([arn, shown]) => arn !== shown));
  if (changed.size === 0) return role.trustPolicy;
  const document = JSON.parse(role.trustPolicy) as { Statement: unknown };
  for (const statement of [document.Statement].flat() as NamesPrincipals[]) {
    const named = statement.Principal?.AWS;
    if (statement.Principal === undefined || named === undefined) continue;
    const shown = listOf(named).map((name) => changed.get(name) ?? name);
    statement.Principal.AWS = typeof named === 'string' ? (shown[0] ?? named) : shown;
  }
  return JSON.stringify(document);
}

/** A statement of a document that was parsed before; `"*"` has no such property. */
interface NamesPrincipals {
  Principal?: { AWS?: OneOrMore };
}
