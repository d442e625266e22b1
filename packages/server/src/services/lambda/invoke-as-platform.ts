/** An invocation that Lambda itself makes: of an asynchronous event, of a batch of a source. */
import { AwsError } from '../../core/aws-error.ts';
import { Throttled, type InvocationRequest, type InvocationResult } from '../../core/invocation.ts';
import type { OperationContext } from '../../core/operation.ts';
import type { InvocationTrace } from '../../core/trace.ts';
import type { FunctionKey } from '../../functions/function-record.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { admitInvocation, prepareInvocation, type Invocation } from './prepare-invocation.ts';

export interface Tried {
  /** `refused`: it did not run, and may run later. */
  readonly outcome: 'succeeded' | 'function-error' | 'refused' | 'looping';
  readonly isThrottled: boolean;
  readonly result: InvocationResult | undefined;
}

interface PlatformCause {
  readonly requestId: string;
  readonly traceHeader: string | undefined;
  /** Which try it is of an asynchronous event, for its trace. */
  readonly event?: InvocationTrace['event'];
}

/** Resolves whatever happens. */
export async function invokeAsPlatform(
  room: LambdaRoom,
  { account, region }: Omit<FunctionKey, 'name'>,
  input: Invocation,
  from: PlatformCause,
): Promise<Tried> {
  const { requestId, traceHeader } = from;
  const context: OperationContext = {
    requestId,
    account,
    region,
    principal: { kind: 'service', service: 'lambda.amazonaws.com' },
    endpoint: '',
    signal: never,
    ...(traceHeader === undefined ? {} : { traceHeader }),
  };
  try {
    const prepared = prepareInvocation(room, input, context);
    const waking = admitInvocation(room, prepared);
    if (waking !== undefined) await waking;
    const result = await room.invoker.invoke(ofEvent(prepared.request, from.event));
    const outcome = result.functionError === undefined ? 'succeeded' : 'function-error';
    return { outcome, isThrottled: false, result };
  } catch (error) {
    if (error instanceof AwsError && error.code === 'RecursiveInvocationException') {
      return { outcome: 'looping', isThrottled: false, result: undefined };
    }
    // The caller was told of everything that is its own fault; what is left may be over later.
    const isExpected = error instanceof Throttled || error instanceof AwsError;
    if (!isExpected) room.logger.warn('event could not be run', { requestId, error });
    return { outcome: 'refused', isThrottled: error instanceof Throttled, result: undefined };
  }
}

function ofEvent(request: InvocationRequest, event: PlatformCause['event']): InvocationRequest {
  const { trace } = request;
  if (trace === undefined || event === undefined) return request;
  return { ...request, trace: { ...trace, event } };
}

/** Nobody waits for it who could go away. */
const never = new AbortController().signal;
