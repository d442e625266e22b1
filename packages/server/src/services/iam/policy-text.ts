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
import { listOf } from '../../iam/policy-statement.ts';
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

/** AWS: who is named in an account that it knows must exist. */
export function checkTrustPolicy(text: string, identities: Identities, account: string): void {
  const document = checkPolicy(text, 'trust');
  if (policySize(text) > 2048) throw limitExceeded('Cannot exceed quota for ACLSizePerRole: 2048');
  const own = new RegExp(`^arn:aws:iam::${account}:(role|user)/`);
  for (const { Principal, NotPrincipal } of document.Statement) {
    const principals = Principal ?? NotPrincipal;
    if (principals === undefined || principals === '*') continue;
    const missing = listOf(principals['AWS']).find(
      (arn) =>
        own.test(arn) &&
        (identities.roles.findByArn(arn) ?? identities.users.findByArn(arn)) === undefined,
    );
    if (missing !== undefined) throw malformed(`Invalid principal in policy: "AWS":"${missing}"`);
  }
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
