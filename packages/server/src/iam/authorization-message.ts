/**
 * A denial as AWS's encoded authorization messages carry it: sealed for the account of the caller,
 * so that only who may call DecodeAuthorizationMessage there can read it, also after a restart.
 */
import type { RecentDenial } from './recent-denials.ts';
import type { SecretBox } from './secret-box.ts';

export interface AuthorizationMessages {
  encode(account: string, denial: RecentDenial): string;
  /** Undefined for what was not encoded for this account. */
  decode(account: string, message: string): string | undefined;
}

export function createAuthorizationMessages(secrets: SecretBox): AuthorizationMessages {
  const ownerOf = (account: string): string => `authorization message ${account}`;
  return {
    encode: (account, denial) => secrets.seal(JSON.stringify(describe(denial)), ownerOf(account)),
    decode: (account, message) => secrets.open(message, ownerOf(account)),
  };
}

/** In the form that the STS reference documents. */
function describe({ deniedBy, principal, action, resource }: RecentDenial): object {
  return {
    allowed: false,
    explicitDeny: deniedBy.length > 0,
    matchedStatements: {
      items: deniedBy.map(({ policy, statement }) => ({
        statementId: statement.Sid ?? '',
        effect: 'DENY',
        sourcePolicyId: policy,
      })),
    },
    failures: { items: [] },
    context: {
      principal: { arn: principal },
      action,
      resource,
      conditions: { items: [] },
    },
  };
}
