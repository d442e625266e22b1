/** Per qualifier: how often and how long an event is tried, and who is told of its end. */
import type {
  FunctionEventInvokeConfig,
  PutFunctionEventInvokeConfigRequest,
} from '@aws-sdk/client-lambda';
import { functionArn } from '../../../core/function-version.ts';
import { parseFunctionName } from '../../../core/function-name.ts';
import type { OperationContext } from '../../../core/operation.ts';
import type { EventInvokeConfig, FunctionRecord } from '../../../functions/function-record.ts';
import { findQualified } from '../find-function.ts';
import type { LambdaRoom } from '../lambda-deps.ts';
import { invalidParameter } from '../lambda-errors.ts';

export function eventInvokeConfigOf(
  record: FunctionRecord,
  qualifier: string | undefined,
): EventInvokeConfig | undefined {
  const name = qualifier ?? '$LATEST';
  return record.eventInvoke?.find((each) => each.qualifier === name);
}

/** The record with this one in the place of what its qualifier had; with none for undefined. */
export function withEventInvokeConfig(
  record: FunctionRecord,
  qualifier: string,
  config: EventInvokeConfig | undefined,
): FunctionRecord {
  if (config === undefined && record.eventInvoke === undefined) return record;
  const others = record.eventInvoke?.filter((each) => each.qualifier !== qualifier) ?? [];
  const eventInvoke = config === undefined ? others : [...others, config];
  return {
    ...record,
    eventInvoke: eventInvoke.toSorted((left, right) => (left.qualifier < right.qualifier ? -1 : 1)),
  };
}

export function showEventInvokeConfig(
  record: FunctionRecord,
  config: EventInvokeConfig,
): FunctionEventInvokeConfig {
  const { onSuccess, onFailure, maxRetries, maxAgeSeconds } = config;
  return {
    LastModified: new Date(config.lastModifiedMs),
    FunctionArn: functionArn(record, config.qualifier),
    ...(maxRetries === undefined ? {} : { MaximumRetryAttempts: maxRetries }),
    ...(maxAgeSeconds === undefined ? {} : { MaximumEventAgeInSeconds: maxAgeSeconds }),
    DestinationConfig: {
      OnSuccess: onSuccess === undefined ? {} : { Destination: onSuccess },
      OnFailure: onFailure === undefined ? {} : { Destination: onFailure },
    },
  };
}

type Asked = Pick<
  PutFunctionEventInvokeConfigRequest,
  'MaximumRetryAttempts' | 'MaximumEventAgeInSeconds' | 'DestinationConfig'
>;

/** Checked, over what `base` has. An empty destination takes one away. */
export function configureEvents(
  room: LambdaRoom,
  record: FunctionRecord,
  base: EventInvokeConfig,
  asked: Asked,
  context: OperationContext,
): EventInvokeConfig {
  const { MaximumRetryAttempts: retries, MaximumEventAgeInSeconds: age, DestinationConfig } = asked;
  if (retries === undefined && age === undefined && DestinationConfig === undefined) {
    throw invalidParameter(
      'You must specify at least one of error handling or destination setting.',
    );
  }
  const success = DestinationConfig?.OnSuccess?.Destination;
  const failure = DestinationConfig?.OnFailure?.Destination;
  checkDestination(room, record, 'onSuccess', success, context);
  checkDestination(room, record, 'onFailure', failure, context);
  const all = {
    ...base,
    maxRetries: retries ?? base.maxRetries,
    maxAgeSeconds: age ?? base.maxAgeSeconds,
    onSuccess: success === undefined ? base.onSuccess : success || undefined,
    onFailure: failure === undefined ? base.onFailure : failure || undefined,
    lastModifiedMs: room.clock.nowMs(),
  };
  const given = Object.entries(all).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as unknown as EventInvokeConfig;
}

type Side = 'onSuccess' | 'onFailure';

/** AWS: order is not kept, so what is FIFO is no destination; the words are those of others. */
const toldOfBoth = [
  /^arn:[^:]+:lambda:/,
  /^arn:[^:]+:(?:sqs|sns):(?!.*\.fifo$)/,
  /^arn:[^:]+:events:[^:]+:\d{12}:event-bus\/./,
];
/** AWS: S3 is told of failures only. */
const destinationForms = { onSuccess: toldOfBoth, onFailure: [...toldOfBoth, /^arn:[^:]+:s3:/] };

function checkDestination(
  room: LambdaRoom,
  record: FunctionRecord,
  side: Side,
  arn: string | undefined,
  context: OperationContext,
): void {
  if (arn === undefined || arn === '') return;
  const [, , service] = arn.split(':');
  if (!destinationForms[side].some((form) => form.test(arn))) throw invalidDestination(side, arn);
  if (service === 'lambda') checkFunction(room, record, arn, context);
}

function checkFunction(
  room: LambdaRoom,
  record: FunctionRecord,
  arn: string,
  { account, region }: OperationContext,
): void {
  const { qualifier, ...named } = parseFunctionName(arn);
  const target = room.functions.find({ account, region, ...named });
  if (target === record) {
    throw invalidParameter("You can't specify the function as a destination for itself.");
  }
  if (target === undefined || findQualified(target, qualifier) === undefined) {
    throw invalidParameter(`The destination ARN ${arn} is invalid.`);
  }
}

/** AWS: what its own server prints of the request. */
function invalidDestination(side: Side, arn: string): Error {
  const [success, failure] =
    side === 'onSuccess'
      ? [`OnSuccess(destination=${arn})`, 'null']
      : ['null', `OnFailure(destination=${arn})`];
  return invalidParameter(
    `The provided destination config DestinationConfig(onSuccess=${success}, onFailure=${failure}) is invalid.`,
  );
}
