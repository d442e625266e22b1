/** Notification configurations: what is accepted of them, and which events they ask for. */
import type { NotificationConfiguration as SdkConfiguration } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { malformedXml } from '../../wire/xml-reader.ts';
import type { ObjectEventName } from './object-events.ts';
import { invalidArgument, notImplemented } from './s3-errors.ts';

export interface Notification {
  readonly id: string;
  readonly kind: 'lambda' | 'sqs' | 'sns' | 'events';
  /** The ARN of the destination; empty for the default bus of the bucket's account. */
  readonly target: string;
  readonly events: readonly string[];
  readonly prefix: string;
  readonly suffix: string;
}

/** The events that can happen here. Others of AWS's belong to what is not served. */
const known: ReadonlySet<string> = new Set([
  's3:ObjectCreated:*',
  's3:ObjectCreated:Put',
  's3:ObjectCreated:Post',
  's3:ObjectCreated:Copy',
  's3:ObjectCreated:CompleteMultipartUpload',
  's3:ObjectRemoved:*',
  's3:ObjectRemoved:Delete',
  's3:ObjectRemoved:DeleteMarkerCreated',
  's3:ObjectTagging:*',
  's3:ObjectTagging:Put',
  's3:ObjectTagging:Delete',
  's3:LifecycleExpiration:*',
  's3:LifecycleExpiration:Delete',
  's3:LifecycleExpiration:DeleteMarkerCreated',
]);

interface Given {
  readonly Id?: string | undefined;
  readonly Events?: readonly string[] | undefined;
  readonly Filter?:
    | {
        readonly Key?:
          | {
              readonly FilterRules?:
                | readonly {
                    readonly Name?: string | undefined;
                    readonly Value?: string | undefined;
                  }[]
                | undefined;
            }
          | undefined;
      }
    | undefined;
}

export function readNotifications(given: SdkConfiguration): readonly Notification[] {
  const all = [
    ...(given.LambdaFunctionConfigurations ?? []).map((each) =>
      readOne(each, 'lambda', each.LambdaFunctionArn),
    ),
    ...(given.QueueConfigurations ?? []).map((each) => readOne(each, 'sqs', each.QueueArn)),
    ...(given.TopicConfigurations ?? []).map((each) => readOne(each, 'sns', each.TopicArn)),
  ];
  if (new Set(all.map(({ id }) => id)).size < all.length) {
    throw invalidArgument('Same ID used for multiple configurations. IDs must be unique');
  }
  for (const [index, left] of all.entries()) {
    if (all.slice(index + 1).some((right) => overlap(left, right))) {
      throw invalidArgument(
        'Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.',
      );
    }
  }
  return given.EventBridgeConfiguration === undefined ? all : [...all, forBus];
}

/** AWS: a bus gets all events of a bucket, and its rules choose. */
const forBus: Notification = {
  id: 'EventBridge',
  kind: 'events',
  target: '',
  events: ['s3:*'],
  prefix: '',
  suffix: '',
};

function readOne(
  given: Given,
  kind: 'lambda' | 'sqs' | 'sns',
  arn: string | undefined,
): Notification {
  const events = given.Events ?? [];
  if (arn === undefined || events.length === 0) throw malformedXml();
  if (!new RegExp(`^arn:aws:${kind}:[a-z0-9-]+:\\d{12}:`).test(arn)) {
    throw invalidArgument('The ARN is not well formed', 'arn', arn);
  }
  const unknown = events.find((event) => !known.has(event));
  if (unknown !== undefined) {
    throw unknown.startsWith('s3:')
      ? notImplemented(`the event ${unknown}`)
      : invalidArgument('A specified event is not supported for notifications.', 'Event', unknown);
  }
  let [prefix, suffix] = ['', ''];
  const seen = new Set<string>();
  for (const { Name = '', Value = '' } of given.Filter?.Key?.FilterRules ?? []) {
    const name = Name.toLowerCase();
    if (name === 'prefix') prefix = Value;
    else if (name === 'suffix') suffix = Value;
    else
      throw invalidArgument(
        'filter rule name must be either prefix or suffix',
        'FilterRule.Name',
        Name,
      );
    if (seen.has(name)) {
      throw invalidArgument(`Cannot specify more than one ${name} rule in a filter.`);
    }
    if (Value.length > 1_024)
      throw invalidArgument(
        'Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation',
      );
    seen.add(name);
  }
  const id = given.Id ?? idOf([kind, arn, prefix, suffix, ...events]);
  return { id, kind, target: arn, events, prefix, suffix };
}

/** AWS makes one up where there is none. */
function idOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 43);
}

function overlap(left: Notification, right: Notification): boolean {
  return (
    left.events.some((one) =>
      right.events.some((other) => covers(one, other) || covers(other, one)),
    ) &&
    (left.prefix.startsWith(right.prefix) || right.prefix.startsWith(left.prefix)) &&
    (left.suffix.endsWith(right.suffix) || right.suffix.endsWith(left.suffix))
  );
}

function covers(pattern: string, event: string): boolean {
  return pattern === event || (pattern.endsWith(':*') && event.startsWith(pattern.slice(0, -1)));
}

export function isWanted(
  { events, prefix, suffix }: Notification,
  name: ObjectEventName,
  key: string,
): boolean {
  return (
    events.some((pattern) => covers(pattern, `s3:${name}`)) &&
    key.startsWith(prefix) &&
    key.endsWith(suffix)
  );
}

/** As the API answers them. */
export function showNotifications(all: readonly Notification[]): object {
  const show = (each: Notification, target: string): object => {
    const rules = [
      ...(each.prefix === '' ? [] : [{ Name: 'Prefix', Value: each.prefix }]),
      ...(each.suffix === '' ? [] : [{ Name: 'Suffix', Value: each.suffix }]),
    ];
    return {
      Id: each.id,
      [target]: each.target,
      Events: each.events,
      ...(rules.length === 0 ? {} : { Filter: { Key: { FilterRules: rules } } }),
    };
  };
  return {
    LambdaFunctionConfigurations: all
      .filter(({ kind }) => kind === 'lambda')
      .map((each) => show(each, 'LambdaFunctionArn')),
    QueueConfigurations: all
      .filter(({ kind }) => kind === 'sqs')
      .map((each) => show(each, 'QueueArn')),
    TopicConfigurations: all
      .filter(({ kind }) => kind === 'sns')
      .map((each) => show(each, 'TopicArn')),
    ...(all.some(({ kind }) => kind === 'events') ? { EventBridgeConfiguration: {} } : {}),
  };
}
