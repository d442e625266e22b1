/**
 * Who sends this request: the key of its signature, looked up for the listener it came in by
 * (sandboxes are never served root keys), and the signature verified over the whole request.
 */
import { AwsError } from '../core/aws-error.ts';
import type { Principal } from '../core/principal.ts';
import type { ListenerKind } from '../iam/credentials.ts';
import type { Identities } from '../iam/identities.ts';
import type { Clock } from '../lib/clock.ts';
import type { RawRequest } from '../wire/raw-message.ts';
import type { ServiceModel } from '../wire/service-model.ts';
import { verifySignature, type SignedRequest } from '../wire/sigv4.ts';
import { invalidSignature } from '../wire/sigv4-errors.ts';

export interface Caller {
  readonly principal: Principal;
  readonly account: string;
  readonly region: string;
}

export function authenticate(
  deps: { readonly identities: Identities; readonly clock: Clock },
  listener: ListenerKind,
  model: Pick<ServiceModel, 'signingName'>,
  signed: SignedRequest | undefined,
  request: RawRequest,
): Caller {
  if (signed === undefined) {
    throw missingToken();
  }
  checkScope(signed, model.signingName);
  const found = deps.identities.findCredentials(
    signed.accessKeyId,
    signed.sessionToken,
    listener,
    model.signingName,
  );
  const nowMs = deps.clock.nowMs();
  verifySignature(signed, found.secretAccessKey, request, nowMs);
  if (signed.sessionToken === undefined && found.principal.kind === 'user') {
    const { service, region } = signed;
    deps.identities.keyUses.note(signed.accessKeyId, { atMs: nowMs, service, region });
  }
  return { principal: found.principal, account: found.account, region: signed.region };
}

/** For a request without a signature. */
export function missingToken(): AwsError {
  return new AwsError('MissingAuthenticationTokenException', 403, 'Missing Authentication Token');
}

/** Who sends an operation that AWS serves unsigned: no policy names it, none allows it anything. */
export const nobody: Caller = {
  principal: { kind: 'service', service: 'nobody' },
  account: '',
  region: 'us-east-1',
};

/**
 * A signature is good for the service that it names: an address presigned for one is not a pass
 * for another that a header outside the signature (X-Amz-Target) asks for. The region becomes part
 * of keys and ARNs, so it has to be one.
 */
function checkScope({ service, region }: SignedRequest, wanted: string): void {
  if (service !== wanted) {
    throw invalidSignature(`Credential should be scoped to correct service: '${wanted}'.`);
  }
  if (!REGION.test(region)) {
    throw invalidSignature(`Credential should be scoped to a valid region, not '${region}'.`);
  }
}

const REGION = /^[a-z]{2,4}(?:-[a-z]{2,9}){1,2}-\d{1,2}$/;
