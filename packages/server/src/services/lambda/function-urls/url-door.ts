/**
 * What is behind a function URL: who may come in, what the function gets, and its answer as HTTP.
 * The gateway finds the URL in the request, reads it and checks the signature.
 */
import type { OperationContext, Permission } from '../../../core/operation.ts';
import { functionArn } from '../../../core/function-version.ts';
import type { InvocationRequest } from '../../../core/invocation.ts';
import { policyOf, type FunctionRecord } from '../../../functions/function-record.ts';
import type { FunctionUrl } from '../../../functions/function-url.ts';
import {
  admitInvocation,
  prepareInvocation,
  translateInvocationError,
} from '../prepare-invocation.ts';
import { findQualified, resourceTags } from '../find-function.ts';
import type { LambdaRoom } from '../lambda-deps.ts';
import { decidedHeader } from '../tracing.ts';
import { corsHeaders, isCorsHeader, preflightHeaders } from './cors.ts';
import { startUrlStream } from './stream-answer.ts';
import { badGateway, httpAnswer, written, type UrlAnswer } from './url-answer.ts';
import { urlEvent, type UrlRequest } from './url-event.ts';

export interface FunctionUrls {
  find(urlId: string): UrlTarget | undefined;
}

export interface UrlTarget {
  readonly account: string;
  readonly region: string;
  readonly authType: FunctionUrl['authType'];
  /** AWS: both are needed for URLs since October 2025, also where nobody has to sign. */
  readonly permissions: readonly Permission[];
  /** Where it is a preflight that the URL's own rules answer. */
  preflight(method: string, headers: UrlRequest['headers']): UrlAnswer | undefined;
  /** Rejects with an `AwsError` for what did not reach the function, such as a throttle. */
  answer(request: UrlRequest, context: OperationContext): Promise<UrlAnswer>;
}

export function createUrlDoor(room: LambdaRoom): FunctionUrls {
  return {
    find(urlId) {
      const record = room.functions.findByUrl(urlId);
      const url = record?.urls?.find(({ id }) => id === urlId);
      return record === undefined || url === undefined ? undefined : targetOf(room, record, url);
    },
  };
}

function targetOf(room: LambdaRoom, record: FunctionRecord, url: FunctionUrl): UrlTarget {
  const { cors } = url;
  return {
    account: record.account,
    region: record.region,
    authType: url.authType,
    permissions: permissionsOf(record, url),
    preflight: (method, headers) => {
      const allowed = cors && preflightHeaders(cors, method, headers);
      return allowed && { status: 200, headers: allowed, body: new Uint8Array() };
    },
    answer: async (request, context) => {
      const answered = await invoke(room, record, url, request, context);
      if (cors === undefined) return answered;
      return withCors(answered, corsHeaders(cors, request.headers['origin']));
    },
  };
}

function permissionsOf(record: FunctionRecord, { alias, authType }: FunctionUrl): Permission[] {
  const resources = [functionArn(record, alias)];
  const policy = policyOf(record, alias);
  const resourcePolicy = policy === undefined ? {} : { resourcePolicy: policy };
  const tags = resourceTags(record);
  return [
    {
      action: 'lambda:InvokeFunctionUrl',
      resources,
      conditions: { ...tags, 'lambda:FunctionUrlAuthType': authType },
      ...resourcePolicy,
    },
    {
      action: 'lambda:InvokeFunction',
      resources,
      conditions: { ...tags, 'lambda:InvokedViaFunctionUrl': 'true' },
      ...resourcePolicy,
    },
  ];
}

async function invoke(
  room: LambdaRoom,
  record: FunctionRecord,
  url: FunctionUrl,
  request: UrlRequest,
  context: OperationContext,
): Promise<UrlAnswer> {
  const { tracing } = findQualified(record, url.alias)?.published?.settings ?? record.latest;
  const traceHeader = decidedHeader(room, record, tracing, context.traceHeader);
  const { account, region, name } = record;
  const event = urlEvent(request, {
    urlId: url.id,
    account,
    region,
    traceHeader,
    nowMs: room.clock.nowMs(),
  });
  const prepared = prepareInvocation(
    room,
    { FunctionName: name, Qualifier: url.alias, Payload: Buffer.from(JSON.stringify(event)) },
    { ...context, account, region, traceHeader },
  );
  await admitInvocation(room, prepared);
  const invocation = prepared.request;
  try {
    return url.invokeMode === 'RESPONSE_STREAM'
      ? await startUrlStream(room.invoker, invocation)
      : await answerWhole(room, invocation);
  } catch (error) {
    throw translateInvocationError(error);
  }
}

async function answerWhole(
  { invoker }: LambdaRoom,
  invocation: InvocationRequest,
): Promise<UrlAnswer> {
  const { functionError, payload } = await invoker.invoke(invocation);
  const answer = functionError === undefined ? httpAnswer(payload) : undefined;
  return answer === undefined ? badGateway : { ...written(answer), body: answer.body };
}

function withCors(answer: UrlAnswer, cors: Readonly<Record<string, string>>): UrlAnswer {
  const own = Object.entries(answer.headers).filter(([name]) => !isCorsHeader(name));
  return { ...answer, headers: { ...Object.fromEntries(own), ...cors } };
}
