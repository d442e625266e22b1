/** What may be set of a topic, and what is shown of one. */
import type { ResourcePolicy } from '../../core/operation.ts';
import { MalformedPolicy, parsePolicyDocument } from '../../iam/policy-document.ts';
import type { PolicyStatement } from '../../iam/policy-statement.ts';
import { cannotYet, invalidParameter } from './sns-errors.ts';
import { topicArn, type TopicRecord } from './topic-record.ts';

/** Each with the values that it may have; undefined for any text. */
const settable: Readonly<Record<string, readonly string[] | undefined>> = {
  DisplayName: undefined,
  SignatureVersion: ['1', '2'],
  // With `Active` SNS would have segments of its own in X-Ray.
  TracingConfig: ['PassThrough'],
};

/** AWS's that would have no effect here. */
const unserved =
  /^(?:DeliveryPolicy|KmsMasterKeyId|ArchivePolicy|DataProtectionPolicy|ContentBasedDeduplication|FifoThroughputScope|(?:HTTP|Firehose|Lambda|Application|SQS)(?:Success|Failure)Feedback(?:RoleArn|SampleRate))$/;

const DISPLAY_NAME_LENGTH = 100;

export function withAttribute(record: TopicRecord, name: string, value: string): TopicRecord {
  if (name === 'Policy') return { ...record, policy: parsePolicy(value) };
  if (name === 'FifoTopic' && value === 'false') return record;
  if (name === 'FifoTopic') throw cannotYet('FIFO topics');
  if (unserved.test(name)) {
    // Terraform says so of what it was told nothing of.
    if (['', 'false', '0'].includes(value)) return record;
    throw cannotYet(`the attribute ${name} of topics`);
  }
  if (!Object.hasOwn(settable, name)) throw invalidParameter('AttributeName');
  if (name === 'TracingConfig' && value === 'Active') throw cannotYet('active tracing of topics');
  if (settable[name]?.includes(value) === false)
    throw invalidParameter(`Attributes Reason: ${name}`);
  if (name === 'DisplayName' && value.length > DISPLAY_NAME_LENGTH) {
    throw invalidParameter('DisplayName');
  }
  return { ...record, attributes: { ...record.attributes, [name]: value } };
}

function parsePolicy(text: string): ResourcePolicy {
  try {
    const { Version: version = '2008-10-17', ...rest } = parsePolicyDocument(text, 'resource');
    return { Version: version, ...rest };
  } catch (error) {
    if (!(error instanceof MalformedPolicy)) throw error;
    throw invalidParameter(`Policy Error: ${error.message}`);
  }
}

export function showAttributes(record: TopicRecord, confirmed: number): Record<string, string> {
  return {
    TopicArn: topicArn(record),
    Owner: record.account,
    Policy: JSON.stringify(record.policy ?? defaultPolicy(record)),
    DisplayName: '',
    ...record.attributes,
    SubscriptionsConfirmed: String(confirmed),
    SubscriptionsPending: '0',
    SubscriptionsDeleted: String(record.unsubscribed),
    EffectiveDeliveryPolicy: JSON.stringify(deliveryPolicy),
  };
}

/** As AWS shows it: of endpoints by HTTP, which are not served here. */
const deliveryPolicy = {
  http: {
    defaultHealthyRetryPolicy: {
      minDelayTarget: 20,
      maxDelayTarget: 20,
      numRetries: 3,
      numMaxDelayRetries: 0,
      numNoDelayRetries: 0,
      numMinDelayRetries: 0,
      backoffFunction: 'linear',
    },
    disableSubscriptionOverrides: false,
    defaultRequestPolicy: { headerContentType: 'text/plain; charset=UTF-8' },
  },
};

/** What can be shared of a topic. */
export const sharable = [
  'GetTopicAttributes',
  'SetTopicAttributes',
  'AddPermission',
  'RemovePermission',
  'DeleteTopic',
  'Subscribe',
  'ListSubscriptionsByTopic',
  'Publish',
];

/** AWS's: it lets in the account of the owner, whom identity policies judge all the same. */
export function defaultPolicy(record: TopicRecord): ResourcePolicy {
  const statement: PolicyStatement = {
    Sid: '__default_statement_ID',
    Effect: 'Allow',
    Principal: { AWS: '*' },
    Action: sharable.map((action) => `SNS:${action}`),
    Resource: topicArn(record),
    Condition: { StringEquals: { 'AWS:SourceOwner': record.account } },
  };
  return { Version: '2008-10-17', Id: '__default_policy_ID', Statement: [statement] };
}
