/** What can be set on a queue, checked as AWS does before anything of it is stored. */
import { MalformedPolicy, parsePolicyDocument } from '../../iam/policy-document.ts';
import type { ResourcePolicy } from '../../core/operation.ts';
import { checkRedriveAllowPolicy, checkRedrivePolicy } from './redrive-policy.ts';
import { isFifo, type QueueRecord } from './queue-record.ts';
import { cannotYet, invalidAttribute, invalidParameter, unknownAttribute } from './sqs-errors.ts';
import type { SqsRoom } from './sqs-deps.ts';

type Attributes = Readonly<Record<string, string>>;

const ranges: Readonly<Record<string, readonly [least: number, most: number]>> = {
  DelaySeconds: [0, 900],
  MaximumMessageSize: [1_024, 1_048_576],
  MessageRetentionPeriod: [60, 1_209_600],
  ReceiveMessageWaitTimeSeconds: [0, 20],
  VisibilityTimeout: [0, 43_200],
};

const fifoValues: Readonly<Record<string, readonly string[]>> = {
  ContentBasedDeduplication: ['true', 'false'],
  DeduplicationScope: ['messageGroup', 'queue'],
  FifoThroughputLimit: ['perQueue', 'perMessageGroupId'],
};

/** The record with these attributes; an empty one takes what was there away. */
export function withAttributes(room: SqsRoom, record: QueueRecord, given: Attributes): QueueRecord {
  const attributes = { ...record.attributes };
  let { policy } = record;
  for (const [name, value] of Object.entries(given)) {
    if (name === 'Policy') {
      policy = value === '' ? undefined : parsePolicy(value);
      continue;
    }
    checkAttribute(room, record, name, value);
    if (value === '' && name.startsWith('Redrive')) delete attributes[name];
    else attributes[name] = value;
  }
  const next = { ...record, attributes };
  checkThroughput(next);
  const { policy: _, ...rest } = next;
  return policy === undefined ? rest : { ...rest, policy };
}

function checkAttribute(room: SqsRoom, record: QueueRecord, name: string, value: string): void {
  const range = ranges[name];
  if (range !== undefined) {
    const [least, most] = range;
    const isWithin = /^\d{1,9}$/.test(value) && Number(value) >= least && Number(value) <= most;
    if (!isWithin) throw invalidAttribute(name);
    return;
  }
  if (name === 'RedrivePolicy') return checkRedrivePolicy(room, record, value);
  if (name === 'RedriveAllowPolicy') return checkRedriveAllowPolicy(value);
  if (name === 'SqsManagedSseEnabled') return checkOneOf(name, value, ['true', 'false']);
  if (name.startsWith('Kms')) throw cannotYet(`encryption with KMS keys (${name})`);
  if (name === 'FifoQueue' && isFifo(record)) {
    if (value === 'true') return;
    throw invalidAttribute(name, 'Modifying queue type is not supported.');
  }
  const values = isFifo(record) ? fifoValues[name] : undefined;
  if (values === undefined) throw unknownAttribute(name);
  checkOneOf(name, value, values);
}

function checkOneOf(name: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) throw invalidAttribute(name);
}

/** The wording is from memory. */
function checkThroughput({ attributes }: QueueRecord): void {
  const { FifoThroughputLimit: limit, DeduplicationScope: scope } = attributes;
  if (limit !== 'perMessageGroupId' || scope === 'messageGroup') return;
  throw invalidAttribute(
    'FifoThroughputLimit',
    'The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup.',
  );
}

function parsePolicy(text: string): ResourcePolicy {
  try {
    const { Version: version = '2008-10-17', ...rest } = parsePolicyDocument(text, 'resource');
    return { Version: version, ...rest };
  } catch (error) {
    if (!(error instanceof MalformedPolicy)) throw error;
    // AWS's text of the reason is not known: the policy language's own stands there.
    throw invalidAttribute('Policy', error.message);
  }
}

const name = /^[\w-]{1,80}$/;
const fifoName = /^[\w-]{1,75}\.fifo$/;

export function checkName(queueName: string, wantsFifo: boolean): void {
  if (wantsFifo && !fifoName.test(queueName)) {
    throw invalidParameter(
      queueName,
      'QueueName',
      'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.',
    );
  }
  if (!wantsFifo && !name.test(queueName)) {
    throw invalidParameter(
      queueName,
      'QueueName',
      'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
    );
  }
}
