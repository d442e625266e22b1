/**
 * Who sends this request: the key of its signature, looked up for the listener it came in by
 * (sandboxes are never served root keys), and the signature verified over the whole request.
 */
import { AwsError } from '../core/aws-error.ts';
import type { Principal } from '../core/principal.ts';
import type { Identities } from '../iam/identities.ts';
import type { Clock } from '../lib/clock.ts';
import type { RawRequest } from '../wire/raw-message.ts';
import type { ServiceModel } from '../wire/service-model.ts';
import { verifySignature, type SignedRequest } from '../wire/sigv4.ts';

export type ListenerKind = 'public' | 'sandbox';

export interface Caller {
  readonly principal: Principal;
  readonly account: string;
  readonly region: string;
}

export function authenticate(
  deps: { readonly identities: Identities; readonly clock: Clock },
  listener: ListenerKind,
  model: ServiceModel,
  signed: SignedRequest | undefined,
  request: RawRequest,
): Caller {
  if (signed === undefined) {
    throw new AwsError('MissingAuthenticationTokenException', 403, 'Missing Authentication Token');
  }
  const found = deps.identities.findCredentials(
    signed.accessKeyId,
    signed.sessionToken,
    listener,
    model.signingName,
  );
  verifySignature(signed, found.secretAccessKey, request, deps.clock.nowMs());
  return { principal: found.principal, account: found.account, region: signed.region };
}
