/** What may be set of a subscription, and what is shown of one. */
import { InvalidEventPattern } from '../../core/event-pattern/invalid-event-pattern.ts';
import { parseEventPattern } from '../../core/event-pattern/event-pattern.ts';
import { parsedObject } from '../../lib/parsed-object.ts';
import { cannotYet, invalidParameter } from './sns-errors.ts';
import { subscriptionArn, topicOf, type SubscriptionRecord } from './subscription-record.ts';
import { topicArn } from './topic-record.ts';

const unserved = new Set(['DeliveryPolicy', 'SubscriptionRoleArn', 'ReplayPolicy']);

/** AWS: of one policy. */
const FILTER_POLICY_KEYS = 5;

/** `prefix`: in front of AWS's words, where it is one of several attributes. */
export function withAttribute(
  record: SubscriptionRecord,
  name: string,
  value: string,
  prefix = '',
): SubscriptionRecord {
  switch (name) {
    case 'RawMessageDelivery':
      return { ...record, isRaw: readRaw(record, value, prefix) };
    case 'FilterPolicyScope':
      if (value !== 'MessageAttributes' && value !== 'MessageBody') {
        throw invalidParameter(
          `${prefix}FilterPolicyScope: Invalid value [${value}]. Please use either MessageBody or MessageAttributes`,
        );
      }
      return { ...record, filterScope: value };
    case 'FilterPolicy':
      return withFilter(record, value, prefix);
    case 'RedrivePolicy':
      return withRedrive(record, value, prefix);
    default:
      if (unserved.has(name)) throw cannotYet(`the attribute ${name} of subscriptions`);
      throw invalidParameter(`${prefix}AttributeName`);
  }
}

function readRaw({ protocol }: SubscriptionRecord, value: string, prefix: string): boolean {
  if (!/^(?:true|false)$/i.test(value)) {
    throw invalidParameter(
      `${prefix}RawMessageDelivery: Invalid value [${value}]. Must be true or false.`,
    );
  }
  const isRaw = value.toLowerCase() === 'true';
  if (isRaw && protocol === 'lambda') {
    throw invalidParameter(
      `${prefix}Delivery protocol [lambda] does not support raw message delivery.`,
    );
  }
  return isRaw;
}

/** AWS: an empty one takes it away. */
function withFilter(record: SubscriptionRecord, value: string, prefix: string): SubscriptionRecord {
  const { filterPolicy: _, ...rest } = record;
  if (value === '' || /^\{\s*\}$/.test(value)) return rest;
  const policy = parsedObject(value);
  if (policy === undefined) throw invalidParameter(`${prefix}FilterPolicy: failed to parse JSON.`);
  if (Object.keys(policy).length > FILTER_POLICY_KEYS) {
    throw invalidParameter(`${prefix}FilterPolicy: Filter policy can not have more than 5 keys`);
  }
  try {
    parseEventPattern(value);
  } catch (error) {
    if (!(error instanceof InvalidEventPattern)) throw error;
    // The reason is in our words.
    throw invalidParameter(`${prefix}FilterPolicy: ${error.message}`);
  }
  return { ...rest, filterPolicy: value };
}

function withRedrive(
  record: SubscriptionRecord,
  value: string,
  prefix: string,
): SubscriptionRecord {
  const { redrivePolicy: _, deadLetterArn: __, ...rest } = record;
  if (value === '') return rest;
  const policy = parsedObject(value);
  if (policy === undefined) throw invalidParameter(`${prefix}RedrivePolicy: failed to parse JSON.`);
  const { deadLetterTargetArn: arn } = policy;
  if (typeof arn !== 'string' || !/^arn:aws[\w-]*:sqs:[a-z0-9-]+:\d{12}:[\w-]{1,80}$/.test(arn)) {
    throw invalidParameter(`${prefix}RedrivePolicy: deadLetterTargetArn is an invalid arn`);
  }
  return { ...rest, redrivePolicy: value, deadLetterArn: arn };
}

export function showAttributes(record: SubscriptionRecord): Record<string, string> {
  const { filterPolicy, redrivePolicy } = record;
  return {
    SubscriptionArn: subscriptionArn(record),
    TopicArn: topicArn(topicOf(record)),
    Owner: record.owner,
    Protocol: record.protocol,
    Endpoint: record.endpoint,
    PendingConfirmation: 'false',
    ConfirmationWasAuthenticated: 'true',
    RawMessageDelivery: String(record.isRaw),
    SubscriptionPrincipal: record.principal,
    ...(filterPolicy === undefined
      ? {}
      : { FilterPolicy: filterPolicy, FilterPolicyScope: record.filterScope }),
    ...(redrivePolicy === undefined ? {} : { RedrivePolicy: redrivePolicy }),
  };
}
