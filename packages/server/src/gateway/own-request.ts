/**
 * A request for one of Hearth's own paths, with what it takes to find out who sends it: some paths
 * are for everybody on this machine, the others are signed as AWS's are, for the service `hearth`.
 */
import type { IncomingMessage } from 'node:http';
import { AwsError } from '../core/aws-error.ts';
import type { Permission } from '../core/operation.ts';
import { authorise } from '../iam/authorise.ts';
import type { ListenerKind } from '../iam/credentials.ts';
import type { Identities } from '../iam/identities.ts';
import type { Clock } from '../lib/clock.ts';
import { authenticate, type Caller } from './authenticate.ts';
import type { RawHead } from './raw-request.ts';
import { readBody } from './read-body.ts';
import type { RequestSignature } from './request-signature.ts';

export interface OwnRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly listener: ListenerKind;
  /** Reads the body and verifies the signature. Rejects with an `AwsError`; called once at most. */
  authenticate(): Promise<SignedOwnRequest>;
}

export interface SignedOwnRequest {
  readonly caller: Caller;
  readonly body: Uint8Array;
  /** Throws the `AwsError` of a caller who may not. */
  authorise(permission: Permission): void;
}

interface Received {
  readonly listener: ListenerKind;
  readonly head: RawHead;
  readonly signature: RequestSignature;
  readonly message: IncomingMessage;
}

export function ownRequest(
  deps: { readonly identities: Identities; readonly clock: Clock },
  { listener, head, signature, message }: Received,
): OwnRequest {
  const { method, path, query } = head;
  return {
    method,
    path,
    query,
    listener,
    async authenticate() {
      if (signature.problem !== undefined) throw signature.problem;
      const read = await readBody(message, OWN_BODY_BYTES);
      if (read.kind !== 'whole') {
        throw new AwsError(
          'RequestTooLarge',
          413,
          `At most ${OWN_BODY_BYTES} bytes are read here.`,
        );
      }
      const raw = { ...head, body: read.body };
      const caller = authenticate(deps, listener, SIGNED_FOR, signature.signed, raw);
      const attributes = {
        service: SIGNED_FOR.signingName,
        sourceIp: message.socket.remoteAddress,
        isSecureTransport: false,
        region: caller.region,
      };
      return {
        caller,
        body: read.body,
        authorise(permission) {
          const { identities } = deps;
          const decision = authorise(identities, caller.principal, [permission], attributes);
          if (!decision.isAllowed) throw decision.error;
        },
      };
    },
  };
}

/** What a client names in the scope of its signature. */
const SIGNED_FOR = { signingName: 'hearth' } as const;
/** What is sent to an own path is a name or two. */
const OWN_BODY_BYTES = 65_536;
