/**
 * The way of one S3 request. It differs from that of the other services in that bodies stream both
 * ways: the head is authenticated and authorised before the first byte is read, and what is wrong
 * with the bytes shows while the operation reads them.
 */
import type { IncomingMessage } from 'node:http';
import { AwsError } from '../../core/aws-error.ts';
import type { OutgoingBody } from '../../core/object-body.ts';
import type { OperationModel } from '../../wire/service-model.ts';
import { isS3Host } from '../../wire/s3-address.ts';
import { dispatch } from '../dispatch.ts';
import { SANDBOXED_PAGE } from '../sandboxed-page.ts';
import type { ServedService } from '../served-service.ts';
import { authenticateS3, inS3Words, type S3Caller } from './authenticate-s3.ts';
import { corsHeaders, corsRefused } from './cors.ts';
import { contextOf, type S3Answer, type S3Deps, type S3Request } from './s3-request.ts';
import { answerForm, isForm } from './answer-form.ts';
import { ClientGone, collectBody, incomingBody } from './incoming-body.ts';
import { writeResponse } from './write-response.ts';

export async function answerS3(deps: S3Deps, request: S3Request): Promise<void> {
  const served = deps.services.get('s3');
  if (served === undefined) throw new Error('service s3 has no implementation');
  const progress: { operation: OperationModel | undefined } = { operation: undefined };
  let answer: S3Answer;
  try {
    answer = await perform(deps, served, request, progress);
  } catch (error) {
    if (error instanceof ClientGone) return request.response.destroy() && undefined;
    const awsError = asAwsError(deps, request, progress.operation?.name ?? 'unknown', error);
    answer = { response: served.protocol.serializeError(awsError, request.id, progress.operation) };
  }
  const cors = corsHeaders(deps.corsOf, request.head);
  if (cors !== undefined) Object.assign(answer.response.headers, cors);
  if (!isS3Host(request.head.headers['host'] ?? '')) {
    answer.response.headers['content-security-policy'] = SANDBOXED_PAGE;
  }
  const isWhole = await discardRest(request.message);
  await writeResponse(request.response, answer.response, answer.stream, !isWhole);
}

async function perform(
  deps: S3Deps,
  served: ServedService,
  request: S3Request,
  progress: { operation: OperationModel | undefined },
): Promise<S3Answer> {
  const { head, signature } = request;
  if (head.method === 'OPTIONS') {
    if (corsHeaders(deps.corsOf, head) === undefined) throw corsRefused();
    return { response: { status: 200, headers: {}, body: new Uint8Array(0) } };
  }
  if (isForm(head)) return await answerForm(deps, served, request);
  if (signature.problem !== undefined) {
    throw inS3Words(signature.problem, head.headers['authorization'] === undefined);
  }
  const operation = served.protocol.route(head);
  progress.operation = operation;
  if (operation === undefined) throw methodNotAllowed(head.method);
  const caller = authenticateS3(deps, request.listener, signature.signed, head);
  return await call(deps, served, request, { operation, caller });
}

async function call(
  deps: S3Deps,
  served: ServedService,
  request: S3Request,
  { operation, caller }: { readonly operation: OperationModel; readonly caller: S3Caller },
): Promise<S3Answer> {
  const { head, message } = request;
  const body = incomingBody(message, head, caller);
  const isStreamed = takesStream(operation);
  const giveBack = request.bodies.take(
    isStreamed ? STREAM_BYTES : Math.min(body.size, DOCUMENT_BYTES),
  );
  if (giveBack === undefined)
    throw new AwsError('SlowDown', 503, 'Please reduce your request rate.');
  try {
    const document = isStreamed ? new Uint8Array(0) : await collectBody(body, DOCUMENT_BYTES);
    const input = served.protocol.parseInput(operation, { ...head, body: document });
    Object.assign(input, isStreamed ? { Body: body } : { $document: document });
    const output = await dispatch(deps.identities, {
      served,
      operation,
      input,
      ...contextOf(request, caller),
    });
    const response = served.protocol.serializeOutput(operation, output, request.id);
    return { response, stream: streamOf(operation, output) };
  } finally {
    giveBack();
  }
}

/** What of a PUT is in memory at once: received, being written, and waiting to be hashed. */
const STREAM_BYTES = 2 * 1_048_576;
/** A thousand keys to delete, or ten thousand parts to put together. */
const DOCUMENT_BYTES = 4 * 1_048_576;

function takesStream({ input }: OperationModel): boolean {
  return input.members.some(({ traits, shape }) => traits.isPayload && shape.kind === 'blob');
}

function streamOf({ output: shape }: OperationModel, output: object): OutgoingBody | undefined {
  const payload = shape.members.find(
    ({ traits, shape: inner }) => traits.isPayload && inner.kind === 'blob',
  );
  if (payload === undefined) return undefined;
  return (output as Readonly<Record<string, OutgoingBody | undefined>>)[payload.name];
}

function methodNotAllowed(method: string): AwsError {
  return new AwsError(
    'MethodNotAllowed',
    405,
    'The specified method is not allowed against this resource.',
    { members: { Method: method } },
  );
}

/** A client that still sends may not see an answer that comes with the end of its connection. */
const MOST_DISCARDED = 16 * 1_048_576;

/** Reads away what nobody wants; false where that is too much. */
async function discardRest(message: IncomingMessage): Promise<boolean> {
  if (message.complete) return true;
  if (Number(message.headers['content-length'] ?? 0) > MOST_DISCARDED) return false;
  let seen = 0;
  try {
    for await (const chunk of message.iterator({ destroyOnReturn: false })) {
      seen += (chunk as Uint8Array).byteLength;
      if (seen > MOST_DISCARDED) return false;
    }
    return true;
  } catch {
    // Gone: there is nobody to write to either.
    return false;
  }
}

function asAwsError(
  { logger }: S3Deps,
  request: S3Request,
  operation: string,
  error: unknown,
): AwsError {
  if (error instanceof AwsError) return inS3Words(error, false);
  logger.error('request.failed', { requestId: request.id, operation, error });
  if (isDiskFull(error)) {
    return new AwsError('InsufficientStorage', 507, 'The disk of this server is full.');
  }
  return new AwsError(
    'InternalError',
    500,
    `Hearth failed to serve this request; its log has the reason under request id ${request.id}.`,
    { cause: error },
  );
}

function isDiskFull(error: unknown): boolean {
  const { code, sqliteCode } = error as { readonly code?: unknown; readonly sqliteCode?: unknown };
  return code === 'ENOSPC' || code === 'EDQUOT' || sqliteCode === 13;
}
