/**
 * The signature of a request, read once: its service tells where the request goes, and that
 * service then answers what is wrong with it. Nothing is verified here.
 */
import { AwsError } from '../core/aws-error.ts';
import { readSignature, type SignedRequest } from '../wire/sigv4.ts';
import type { RawHead } from './raw-request.ts';

export interface RequestSignature {
  /** Undefined: the request has none, or a malformed one. */
  readonly signed: SignedRequest | undefined;
  /** What the caller is answered about a malformed one. */
  readonly problem: AwsError | undefined;
  /** A malformed signature names its service as well, where it can still be made out. */
  readonly service: string | undefined;
}

export function readRequestSignature(head: RawHead): RequestSignature {
  try {
    const signed = readSignature(head);
    return { signed, problem: undefined, service: signed?.service };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const scope = scopeOfService.exec(head.headers['authorization'] ?? '');
    return { signed: undefined, problem: error, service: scope?.[1] };
  }
}

const scopeOfService = /Credential=[^/\s,]+\/\d{8}\/[^/\s,]*\/([^/\s,]+)\//;
