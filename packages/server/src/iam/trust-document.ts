/** What a statement of a role's trust policy may hold, with AWS's texts. */
import { listOf, type PolicyStatement, type Principals } from './policy-statement.ts';

export function checkTrustStatement(statement: PolicyStatement): string | undefined {
  if (statement.Resource !== undefined || statement.NotResource !== undefined) {
    return 'Has prohibited field Resource';
  }
  // AWS documents that trust policies have no such element; the wording is that of its sibling.
  if (statement.NotPrincipal !== undefined) return 'Has prohibited field NotPrincipal';
  const problem = checkPrincipals(statement);
  const actions = listOf(statement.Action);
  if (problem === MISSING) return problem;
  if (actions.length === 0) return 'Missing required field Action';
  if (!actions.every(isTrustAction)) {
    return 'AssumeRole policy may only specify STS AssumeRole actions.';
  }
  return problem;
}

/** Whom a statement of a trust or resource policy names. */
export function checkPrincipals(statement: PolicyStatement): string | undefined {
  const principals = statement.Principal ?? statement.NotPrincipal;
  return principals === undefined ? MISSING : invalidPrincipal(principals);
}

const MISSING = 'Missing required field Principal';

function isTrustAction(action: string): boolean {
  return /^(\*|sts:(\*|assumerole.*|tagsession|setsourceidentity|setcontext))$/i.test(action);
}

function invalidPrincipal(principals: Principals): string | undefined {
  if (principals === '*') return undefined;
  for (const [type, values] of Object.entries(principals)) {
    const form = forms.get(type);
    const invalid = listOf(values).find((value) => form?.test(value) !== true);
    if (invalid !== undefined) {
      return `Invalid principal in policy: "${type.toUpperCase()}":"${invalid}"`;
    }
  }
  return undefined;
}

const forms: ReadonlyMap<string, RegExp> = new Map([
  [
    'AWS',
    /^(\*|\d{12}|arn:aws[a-z-]*:(iam::\d{12}:(root|(user|role)\/[^*?]+)|sts::\d{12}:(assumed-role|federated-user)\/[^*?]+))$/,
  ],
  ['Service', /^[a-z0-9][a-z0-9.-]*\.(amazonaws\.com(\.cn)?|amazon\.com|aws\.internal)$/],
  ['Federated', /^[^\s*]+$/],
]);
