/** One S3 request, and what answering it needs. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OutgoingBody } from '../../core/object-body.ts';
import type { ListenerKind } from '../../iam/credentials.ts';
import type { RawResponse } from '../../wire/raw-message.ts';
import type { AnswerDeps } from '../answer-request.ts';
import type { BodyBudget } from '../body-budget.ts';
import type { Call } from '../dispatch.ts';
import type { RawHead } from '../raw-request.ts';
import type { RequestSignature } from '../request-signature.ts';
import { traceHeaderOf } from '../trace-header.ts';
import type { S3Caller } from './authenticate-s3.ts';
import type { CorsOf } from './cors.ts';

export interface S3Request {
  readonly id: string;
  readonly listener: ListenerKind;
  readonly head: RawHead;
  readonly signature: RequestSignature;
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly bodies: BodyBudget;
  readonly endpoint: string;
  readonly signal: AbortSignal;
}

export interface S3Deps extends AnswerDeps {
  /** Left out where no bucket can have rules. */
  readonly corsOf?: CorsOf;
}

/** What is about to be written. */
export interface S3Answer {
  readonly response: RawResponse;
  readonly stream?: OutgoingBody | undefined;
}

export function contextOf(
  request: S3Request,
  caller: S3Caller,
): Pick<Call, 'context' | 'attributes'> {
  const { account, region, principal, conditions } = caller;
  const { id, endpoint, signal, message } = request;
  const sourceIp = message.socket.remoteAddress;
  return {
    context: {
      requestId: id,
      account,
      region,
      principal,
      endpoint,
      signal,
      ...traceHeaderOf(request.head),
      ...(sourceIp === undefined ? {} : { sourceIp }),
    },
    attributes: {
      service: 's3',
      sourceIp,
      isSecureTransport: false,
      region,
      keys: conditions,
    },
  };
}
