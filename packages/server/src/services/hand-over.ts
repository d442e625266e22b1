/**
 * Events on their way to functions, queues, topics and event buses: as S3 and EventBridge send them, and
 * what became of an asynchronous invocation.
 */
import { AwsError } from '../core/aws-error.ts';
import type { CallAs, CallAsCaller } from '../core/call-as.ts';

/** Who sends, and for which of its resources: what the policy of a target may ask for. */
export interface EventSender {
  readonly service: string;
  readonly source: { readonly arn: string; readonly account: string };
}

export interface EventForTarget {
  /** The ARN of a function, a queue, a topic or a bus. */
  readonly target: string;
  /** For a bus a `BusEntry` in JSON. */
  readonly body: string;
  /** For a FIFO queue. */
  readonly messageGroupId?: string | undefined;
  /** Of the message, for a queue or a topic. */
  readonly attributes?: object | undefined;
  /** For a topic. */
  readonly subject?: string | undefined;
}

/** Resolves when the target has it for good; rejects with what it answers. */
export async function handOver(
  callAs: CallAs,
  caller: CallAsCaller,
  { target, body, messageGroupId, attributes, subject }: EventForTarget,
): Promise<void> {
  const [, , service, , account = '', ...name] = target.split(':');
  if (service === 'lambda') {
    await callAs(caller, 'lambda', 'Invoke', {
      FunctionName: target,
      InvocationType: 'Event',
      Payload: Buffer.from(body),
    });
    return;
  }
  if (service === 'events') return await putOnBus(callAs, caller, target, body);
  const named = attributes === undefined ? {} : { MessageAttributes: attributes };
  if (service === 'sns') {
    const titled = subject === undefined ? {} : { Subject: subject };
    const input = { TopicArn: target, Message: body, ...titled, ...named };
    await callAs(caller, 'sns', 'Publish', input);
    return;
  }
  await callAs(caller, 'sqs', 'SendMessage', {
    QueueUrl: `/${account}/${name.join(':')}`,
    MessageBody: body,
    ...(messageGroupId === undefined ? {} : { MessageGroupId: messageGroupId }),
    ...named,
  });
}

/** An event for a bus, as PutEvents takes it. */
export interface BusEntry {
  readonly Source: string;
  readonly DetailType: string;
  readonly Resources: readonly string[];
  /** JSON. */
  readonly Detail: string;
  /** As ISO 8601. */
  readonly Time: string;
}

async function putOnBus(
  callAs: CallAs,
  caller: CallAsCaller,
  bus: string,
  body: string,
): Promise<void> {
  const entry = JSON.parse(body) as BusEntry;
  const Entries = [{ ...entry, EventBusName: bus, Time: new Date(entry.Time) }];
  const answer = (await callAs(caller, 'events', 'PutEvents', { Entries })) as PutAnswer;
  const { ErrorCode: code, ErrorMessage: message = '' } = answer.Entries?.[0] ?? {};
  if (code === undefined) return;
  // A bus answers 200 and says of each event what became of it.
  const isOfBus = code === 'InternalFailure' || code === 'InternalException';
  throw new AwsError(code, isOfBus ? 500 : 400, message);
}

interface PutAnswer {
  readonly Entries?: readonly { readonly ErrorCode?: string; readonly ErrorMessage?: string }[];
}

/**
 * The caller that the target sees: the service itself, where the target is. `traceHeader`: of what
 * the event tells of.
 */
export function senderTo(
  target: string,
  { service, source }: EventSender,
  traceHeader?: string,
): CallAsCaller {
  const [, , , region = '', account = ''] = target.split(':');
  const trace = traceHeader === undefined ? {} : { traceHeader };
  return { principal: { kind: 'service', service }, account, region, source, ...trace };
}

/** Whether the target that answered so may take the same event later. */
export function mayTakeLater(error: unknown): boolean {
  if (!(error instanceof AwsError)) return true;
  if (error.code === 'NotImplementedException') return false;
  return error.status >= 500 || /throttl|TooMany/i.test(error.code);
}
