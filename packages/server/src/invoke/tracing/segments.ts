/**
 * The two segments of an invocation as AWS writes them: `AWS::Lambda`, from the request to its
 * answer, and below it `AWS::Lambda::Function`, from the environment's init, where there was one, to
 * the end of what follows the answer. Pure. Those of an asynchronous event are of one try each:
 * how long it waited stands in it as `Dwell Time`, the try as `Attempt #n`.
 */
import { functionArn } from '../../core/function-version.ts';
import type { InvocationRequest } from '../../core/invocation.ts';
import type { InvocationTrace } from '../../core/trace.ts';
import type { InitSpan } from '../../environment/log/environment-log.ts';
import type { SegmentCause } from './segment-cause.ts';

/** Milliseconds of the wall clock. */
export interface InvocationTimes {
  /** The environment got it. */
  readonly startedAtMs: number;
  /** Its answer was there. */
  readonly answeredAtMs: number;
  /** The environment was ready for the next one. */
  readonly settledAtMs: number;
  readonly inits: readonly InitSpan[];
  readonly isCold: boolean;
}

/** Which failure there was, if one. */
type Failure = Readonly<Partial<Record<'fault' | 'error' | 'throttle', true>>>;

export interface LambdaEnd {
  readonly endedAtMs: number;
  readonly status: number;
  readonly failure: Failure;
}

type Traced = Pick<InvocationRequest, 'requestId' | 'version' | 'invokedArn'>;
type Ids = (count: number) => string;

export function lambdaSegment(
  { requestId, version, invokedArn }: Traced,
  trace: InvocationTrace,
  end: LambdaEnd,
  idOf: Ids,
): string {
  const { event, ids, parentId } = trace;
  const startedAtMs = event?.acceptedAtMs ?? trace.receivedAtMs;
  return JSON.stringify({
    id: ids.lambda,
    trace_id: trace.traceId,
    ...(parentId === undefined ? {} : { parent_id: parentId }),
    name: version.name,
    ...span(startedAtMs, end.endedAtMs),
    http: { response: { status: end.status } },
    aws: { account_id: version.account, request_id: requestId },
    origin: 'AWS::Lambda',
    resource_arn: invokedArn,
    ...(event === undefined ? end.failure : {}),
    ...(event === undefined ? {} : { subsegments: tries(trace, event, end, idOf) }),
  });
}

export function functionSegment(
  { requestId, version }: Traced,
  { traceId, ids, event }: InvocationTrace,
  times: InvocationTimes,
  cause: SegmentCause | undefined,
  idOf: Ids,
): string {
  const { startedAtMs, answeredAtMs, settledAtMs, inits, isCold } = times;
  const arn = functionArn(version, version.version === '$LATEST' ? undefined : version.version);
  const failed = cause === undefined ? {} : { fault: true, cause };
  const aws = { function_arn: arn };
  return JSON.stringify({
    id: ids.function,
    trace_id: traceId,
    parent_id: event === undefined ? ids.lambda : ids.attempt,
    name: version.name,
    ...span(Math.min(startedAtMs, ...inits.map((each) => each.startedAtMs)), settledAtMs),
    aws: {
      account_id: version.account,
      function_arn: arn,
      resource_names: [version.name],
      request_id: requestId,
      cold_start: isCold,
    },
    origin: 'AWS::Lambda::Function',
    ...failed,
    subsegments: [
      ...inits.map((each) => ({
        id: idOf(8),
        name: 'Initialization',
        ...span(each.startedAtMs, each.endedAtMs),
        aws,
        ...(each.hasFailed ? { fault: true } : {}),
      })),
      {
        id: ids.invocation,
        name: 'Invocation',
        ...span(startedAtMs, answeredAtMs),
        aws,
        ...failed,
      },
      { id: idOf(8), name: 'Overhead', ...span(answeredAtMs, settledAtMs), aws },
    ],
  });
}

function tries(
  { ids, receivedAtMs }: InvocationTrace,
  { attempt, acceptedAtMs }: NonNullable<InvocationTrace['event']>,
  { endedAtMs, failure }: LambdaEnd,
  idOf: Ids,
): readonly object[] {
  return [
    { id: idOf(8), name: 'Dwell Time', ...span(acceptedAtMs, receivedAtMs) },
    { id: ids.attempt, name: `Attempt #${attempt}`, ...span(receivedAtMs, endedAtMs), ...failure },
  ];
}

/** In seconds. The wall clock may have been set back meanwhile. */
function span(
  fromMs: number,
  toMs: number,
): { readonly start_time: number; readonly end_time: number } {
  return { start_time: fromMs / 1000, end_time: Math.max(fromMs, toMs) / 1000 };
}
