/**
 * The way of one API request: find the service, find the operation, read the body, authenticate,
 * parse, dispatch, write the answer. Every failure is answered in the protocol of the service.
 */
import type { IncomingMessage } from 'node:http';
import type { Limits } from '../core/adjustable-limits.ts';
import { AwsError, notImplemented } from '../core/aws-error.ts';
import type { ServiceName } from '../core/operation.ts';
import type { ListenerKind } from '../iam/credentials.ts';
import type { Identities } from '../iam/identities.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { protocolFor } from '../wire/protocol.ts';
import type { RawRequest, RawResponse } from '../wire/raw-message.ts';
import type { OperationModel } from '../wire/service-model.ts';
import { authenticate, missingToken, nobody } from './authenticate.ts';
import type { BodyBudget } from './body-budget.ts';
import { bodyLimitOf, bodyTooLarge, formLimitOf, tooManyBodies } from './body-limits.ts';
import { dispatch } from './dispatch.ts';
import type { RawHead } from './raw-request.ts';
import { readBody } from './read-body.ts';
import type { RequestSignature } from './request-signature.ts';
import type { ServedService, ServedServices } from './served-service.ts';
import { traceHeaderOf } from './trace-header.ts';

export interface AnswerDeps {
  readonly identities: Identities;
  readonly services: ServedServices;
  readonly clock: Clock;
  readonly logger: Logger;
  /** AWS's where it is not said. */
  readonly limits?: Limits;
}

export interface ApiRequest {
  readonly id: string;
  readonly listener: ListenerKind;
  readonly head: RawHead;
  readonly signature: RequestSignature;
  readonly service: ServiceName;
  readonly message: IncomingMessage;
  readonly bodies: BodyBudget;
  /** Base URL that the caller used. */
  readonly endpoint: string;
  readonly signal: AbortSignal;
}

export interface ApiAnswer {
  readonly response: RawResponse;
  /** True where the rest of the request was left unread: the connection cannot be used again. */
  readonly mustClose: boolean;
  readonly operation: string;
}

/** Never rejects; undefined when the caller went away before the request was whole. */
export async function answerRequest(
  deps: AnswerDeps,
  request: ApiRequest,
): Promise<ApiAnswer | undefined> {
  const found = deps.services.get(request.service);
  if (found === undefined) throw new Error(`service ${request.service} has no implementation`);
  const served = { ...found, protocol: protocolFor(found.model, request.head) };
  const progress: Progress = { operation: undefined, mustClose: false };
  try {
    const response = await perform(deps, served, request, progress);
    if (response === undefined) return undefined;
    return { response, mustClose: false, operation: nameOf(progress) };
  } catch (error) {
    const awsError = asAwsError(error, deps.logger, request, nameOf(progress));
    const response = served.protocol.serializeError(awsError, request.id, progress.operation);
    return { response, mustClose: progress.mustClose, operation: nameOf(progress) };
  }
}

/** What is known of the request so far, for the answer to a failure. */
interface Progress {
  operation: OperationModel | undefined;
  mustClose: boolean;
}

async function perform(
  deps: AnswerDeps,
  served: ServedService,
  request: ApiRequest,
  progress: Progress,
): Promise<RawResponse | undefined> {
  const { protocol } = served;
  progress.mustClose = hasBody(request.head);
  if (request.signature.problem !== undefined) throw request.signature.problem;
  if (!protocol.needsBodyToRoute) progress.operation = protocol.route(request.head);
  const early = progress.operation;
  if (!protocol.needsBodyToRoute && early === undefined) throw unknownOperation(served);

  const limit = early ? bodyLimitOf(early.name, deps.limits) : formLimitOf(request.service);
  const giveBack = request.bodies.take(mostBodyBytes(request.head, limit));
  if (giveBack === undefined) throw tooManyBodies(request.service);
  try {
    const read = await readBody(request.message, limit);
    if (read.kind === 'aborted') return undefined;
    if (read.kind === 'too-large') throw bodyTooLarge(early?.name ?? 'this', deps.limits);
    progress.mustClose = false;

    const raw: RawRequest = { ...request.head, body: read.body };
    const operation = early ?? protocol.route(request.head, read.body);
    if (operation === undefined) {
      // Unsigned forms all come to STS, whatever API they are for.
      const isAnybodys = served.model.protocol === 'awsQuery' && !request.signature.signed;
      throw isAnybodys ? missingToken() : unknownOperation(served, read.body);
    }
    progress.operation = operation;
    return await call(deps, served, request, { raw, operation });
  } finally {
    giveBack();
  }
}

interface Received {
  readonly raw: RawRequest;
  readonly operation: OperationModel;
}

async function call(
  deps: AnswerDeps,
  served: ServedService,
  request: ApiRequest,
  { raw, operation }: Received,
): Promise<RawResponse> {
  const { protocol } = served;
  const { signed } = request.signature;
  // Some operations of AWS need no signature; it is not asked for in vain.
  const handler = served.service.operations.get(operation.name);
  if (signed === undefined && handler === undefined) {
    throw notImplemented(served.model.name, operation.name);
  }
  const caller =
    handler?.isUnsigned === true
      ? nobody
      : authenticate(deps, request.listener, served.model, signed, raw);
  const input = protocol.parseInput(operation, raw);
  const sourceIp = request.message.socket.remoteAddress;
  const output = await dispatch(deps.identities, {
    served,
    operation,
    input,
    context: {
      requestId: request.id,
      account: caller.account,
      region: caller.region,
      principal: caller.principal,
      endpoint: request.endpoint,
      signal: request.signal,
      ...traceHeaderOf(request.head),
      ...(sourceIp === undefined ? {} : { sourceIp }),
    },
    attributes: {
      service: served.model.name,
      sourceIp,
      isSecureTransport: false,
      region: caller.region,
    },
  });
  return protocol.serializeOutput(operation, output, request.id);
}

function hasBody(head: RawHead): boolean {
  const length = head.headers['content-length'];
  return (
    head.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
  );
}

/** What reading the body may take; one that is announced as too large is not read. */
function mostBodyBytes(head: RawHead, limit: number): number {
  if (!hasBody(head)) return 0;
  const declared = Number(head.headers['content-length'] ?? limit);
  return declared > limit ? 0 : declared;
}

function nameOf(progress: Progress): string {
  return progress.operation?.name ?? 'unknown';
}

function unknownOperation(served: ServedService, form?: Uint8Array): AwsError {
  if (served.protocol.needsBodyToRoute) {
    return new AwsError(
      'InvalidAction',
      400,
      `Could not find operation ${actionOf(form)} for version ${served.model.apiVersion}`,
    );
  }
  return new AwsError('UnknownOperationException', 404, 'Unable to determine operation.');
}

function actionOf(form: Uint8Array = new Uint8Array(0)): string {
  return new URLSearchParams(Buffer.from(form).toString('latin1')).get('Action') ?? '';
}

function asAwsError(
  error: unknown,
  logger: Logger,
  request: ApiRequest,
  operation: string,
): AwsError {
  if (error instanceof AwsError) return error;
  logger.error('request.failed', { requestId: request.id, operation, error });
  return new AwsError(
    request.service === 'lambda' ? 'ServiceException' : 'InternalFailure',
    500,
    `Hearth failed to serve this request; its log has the reason under request id ${request.id}.`,
    { cause: error },
  );
}
