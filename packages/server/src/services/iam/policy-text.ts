/** Policy documents on their way in and out of the API. */
import { AwsError } from '../../core/aws-error.ts';
import type { Identities } from '../../iam/identities.ts';
import {
  MalformedPolicy,
  parsePolicyDocument,
  policySize,
  type PolicyDocument,
  type PolicyKind,
} from '../../iam/policy-document.ts';
import type { Role } from '../../iam/role.ts';
import { bindPrincipals, namedPrincipals } from '../../iam/trust-bindings.ts';
import { limitExceeded } from './iam-errors.ts';

/** Throws what the caller is answered; returns for good documents. */
export function checkPolicy(text: string, kind: PolicyKind): PolicyDocument {
  try {
    return parsePolicyDocument(text, kind);
  } catch (error) {
    if (!(error instanceof MalformedPolicy)) throw error;
    throw malformed(error.message, error);
  }
}

export function checkManagedPolicy(text: string): void {
  checkPolicy(text, 'managed');
  if (policySize(text) > 6144) throw limitExceeded('Cannot exceed quota for PolicySize: 6144');
}

/** What a role keeps of its trust policy. AWS: whom it names must exist. */
export function readTrustPolicy(
  text: string,
  identities: Identities,
): Pick<Role, 'trustPolicy' | 'trustedIds'> {
  const document = checkPolicy(text, 'trust');
  if (policySize(text) > 2048) throw limitExceeded('Cannot exceed quota for ACLSizePerRole: 2048');
  const trustedIds = bindPrincipals(identities, document);
  // Accounts that are not on this server may have anybody; here they are nobody.
  const missing = namedPrincipals(document).find(
    (arn) =>
      trustedIds[arn] === undefined &&
      identities.accounts.find(arn.split(':')[4] ?? '') !== undefined,
  );
  if (missing !== undefined) throw malformed(`Invalid principal in policy: "AWS":"${missing}"`);
  return { trustPolicy: text, trustedIds };
}

/** AWS: documents are answered percent-encoded (RFC 3986); clients decode them. */
export function encodePolicy(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function malformed(message: string, cause?: unknown): AwsError {
  return new AwsError('MalformedPolicyDocument', 400, message, { cause });
}
