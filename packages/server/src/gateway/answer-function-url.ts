/**
 * A request to a function URL: find it, answer a preflight, read the body, check who sends it,
 * and hand it to the function. Pages of any origin may come here (that is what CORS is for): such
 * a request reaches its function and nothing of the API, whatever its path says.
 */
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { AwsError } from '../core/aws-error.ts';
import { awsLimits } from '../core/adjustable-limits.ts';
import type { OperationContext } from '../core/operation.ts';
import { anonymous, type Principal } from '../core/principal.ts';
import { authorise } from '../iam/authorise.ts';
import type { ListenerKind } from '../iam/credentials.ts';
import { AuthorizationDenied } from '../iam/explain-denial.ts';
import type { UrlAnswer } from '../services/lambda/function-urls/url-answer.ts';
import type { FunctionUrls, UrlTarget } from '../services/lambda/function-urls/url-door.ts';
import type { UrlCaller, UrlRequest } from '../services/lambda/function-urls/url-event.ts';
import type { AnswerDeps } from './answer-request.ts';
import { traceHeaderOf } from './trace-header.ts';
import { authenticate } from './authenticate.ts';
import type { BodyBudget } from './body-budget.ts';
import { bodyTooLarge, tooManyBodies } from './body-limits.ts';
import type { RawHead } from './raw-request.ts';
import { readBody } from './read-body.ts';
import { readRequestSignature } from './request-signature.ts';
import type { UrlAddress } from './url-address.ts';
import { SANDBOXED_PAGE } from './sandboxed-page.ts';

export interface UrlCall {
  readonly id: string;
  readonly address: UrlAddress;
  readonly listener: ListenerKind;
  readonly head: RawHead;
  readonly message: IncomingMessage;
  readonly bodies: BodyBudget;
  readonly endpoint: string;
  readonly signal: AbortSignal;
}

export interface UrlReply extends Omit<UrlAnswer, 'headers'> {
  readonly headers: OutgoingHttpHeaders;
}

/** Never rejects; undefined when the caller went away before the request was whole. */
export async function answerFunctionUrl(
  deps: AnswerDeps,
  urls: FunctionUrls,
  call: UrlCall,
): Promise<UrlReply | undefined> {
  try {
    const answer = await perform(deps, urls, call);
    return answer === undefined ? undefined : finished(answer, call);
  } catch (error) {
    return finished(failure(deps, call, error), call);
  }
}

/** AWS's words, recorded. Also for a URL that is not there. */
const forbidden: UrlAnswer = {
  status: 403,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(
    '{"Message":"Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"}',
  ),
};

async function perform(
  deps: AnswerDeps,
  urls: FunctionUrls,
  call: UrlCall,
): Promise<UrlAnswer | undefined> {
  const { address, head, bodies, message } = call;
  const { limits = awsLimits } = deps;
  const target = urls.find(address.id);
  if (target === undefined) return forbidden;
  if (address.region !== undefined && address.region !== target.region) return forbidden;
  const preflight = target.preflight(head.method, head.headers);
  if (preflight !== undefined) return preflight;
  const declared = Number(head.headers['content-length'] ?? limits.payloadBytes);
  const hasBody = head.headers['transfer-encoding'] !== undefined || declared > 0;
  const giveBack = bodies.take(hasBody ? Math.min(declared, limits.payloadBytes) : 0);
  if (giveBack === undefined) throw tooManyBodies('lambda');
  try {
    const read = await readBody(message, limits.payloadBytes);
    if (read.kind === 'aborted') return undefined;
    if (read.kind === 'too-large') throw bodyTooLarge('Invoke', limits);
    const admitted = admit(deps, target, call, read.body);
    if (admitted === undefined) return forbidden;
    return await target.answer(
      requestOf(call, read.body, admitted.caller),
      contextOf(call, target, admitted.caller),
    );
  } finally {
    giveBack();
  }
}

/** Undefined: it may not. Throws for a signature that does not hold. */
function admit(
  deps: AnswerDeps,
  target: UrlTarget,
  call: UrlCall,
  body: Uint8Array,
): { readonly caller: UrlCaller | undefined } | undefined {
  if (target.authType === 'NONE') {
    return isAllowed(deps, target, call, anonymous) ? { caller: undefined } : undefined;
  }
  const { head, listener } = call;
  const signature = readRequestSignature(head);
  if (signature.problem !== undefined) throw signature.problem;
  const { signed } = signature;
  const model = deps.services.get('lambda')?.model;
  if (signed === undefined || model === undefined) return undefined;
  const { principal } = authenticate(deps, listener, model, signed, { ...head, body });
  if (principal.kind === 'service') return undefined;
  if (!isAllowed(deps, target, call, principal)) return undefined;
  return { caller: { accessKeyId: signed.accessKeyId, principal } };
}

/** A caller who may not is told nothing; `hearth explain` tells the account that has to allow it. */
function isAllowed(
  { identities }: AnswerDeps,
  { region, permissions }: UrlTarget,
  { id, message }: UrlCall,
  principal: Principal,
): boolean {
  const sourceIp = message.socket.remoteAddress;
  const attributes = { service: 'lambda', sourceIp, isSecureTransport: false, region };
  const decision = authorise(identities, principal, permissions, attributes);
  if (!decision.isAllowed && decision.error instanceof AuthorizationDenied) {
    identities.denials.note(id, decision.error.denial);
  }
  return decision.isAllowed;
}

function requestOf(
  { id, head, address, message }: UrlCall,
  body: Uint8Array,
  caller: UrlCaller | undefined,
): UrlRequest {
  const { method, query, headers } = head;
  return {
    id,
    method,
    path: address.path,
    query,
    headers,
    body,
    httpVersion: message.httpVersion,
    sourceIp: (message.socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/i, ''),
    caller,
  };
}

/** The function is invoked in its own account; that the caller may was decided already. */
function contextOf(
  { id, endpoint, signal, head }: UrlCall,
  target: UrlTarget,
  caller: UrlCaller | undefined,
): OperationContext {
  return {
    requestId: id,
    account: target.account,
    region: target.region,
    principal: caller?.principal ?? { kind: 'service', service: 'lambda.amazonaws.com' },
    endpoint,
    signal,
    ...traceHeaderOf(head),
  };
}

function failure(deps: AnswerDeps, { id }: UrlCall, error: unknown): UrlAnswer {
  if (error instanceof AwsError) {
    const response = deps.services.get('lambda')?.protocol.serializeError(error, id);
    if (response !== undefined) return response;
  }
  deps.logger.error('function-url.failed', { requestId: id, error });
  return {
    status: 502,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('Internal Server Error'),
  };
}

function finished(answer: UrlAnswer, { id, address }: UrlCall): UrlReply {
  const own = Object.entries(answer.headers).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : [...value],
  ]);
  const headers = Object.fromEntries(own) as Record<string, string | string[]>;
  headers['x-amzn-RequestId'] = id;
  if (address.kind === 'path') {
    const policies = [headers['content-security-policy'] ?? []].flat();
    headers['content-security-policy'] = [SANDBOXED_PAGE, ...policies];
  }
  return { ...answer, headers };
}
