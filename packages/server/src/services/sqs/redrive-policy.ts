/** Which dead-letter queue a queue has, after how many receives, and who may use it as one. */
import { parsedObject } from '../../lib/parsed-object.ts';
import { isFifo, queueArn, type QueueRecord } from './queue-record.ts';
import { invalidAttribute, invalidParameter } from './sqs-errors.ts';
import type { SqsRoom } from './sqs-deps.ts';

export interface RedrivePolicy {
  readonly deadLetterTargetArn: string;
  readonly maxReceiveCount: number;
}

/** AWS: the number may be written as a text. */
export function redrivePolicyOf({ attributes }: QueueRecord): RedrivePolicy | undefined {
  const text = attributes['RedrivePolicy'];
  if (text === undefined) return undefined;
  const policy = JSON.parse(text) as { deadLetterTargetArn: string; maxReceiveCount: unknown };
  return {
    deadLetterTargetArn: policy.deadLetterTargetArn,
    maxReceiveCount: Number(policy.maxReceiveCount),
  };
}

const MOST_RECEIVES = 1_000;

export function checkRedrivePolicy(room: SqsRoom, record: QueueRecord, text: string): void {
  if (text === '') return;
  const refuse = (reason: string): Error => invalidParameter(text, 'RedrivePolicy', reason);
  const policy = parsedObject(text);
  if (policy === undefined) throw refuse('Redrive policy is not a valid JSON map.');
  const { deadLetterTargetArn: arn, maxReceiveCount: count } = policy;
  if (arn === undefined) {
    throw refuse('Redrive policy does not contain mandatory attribute: deadLetterTargetArn.');
  }
  if (count === undefined) {
    throw refuse('Redrive policy does not contain mandatory attribute: maxReceiveCount.');
  }
  const parts = String(arn).split(':');
  if (parts.length !== 6 || parts[2] !== 'sqs') {
    throw refuse('Invalid value for deadLetterTargetArn.');
  }
  const most = Number(count);
  if (!Number.isInteger(most) || most < 1 || most > MOST_RECEIVES) {
    throw refuse(
      `Invalid value for maxReceiveCount: ${String(count)}, valid values are from 1 to ${MOST_RECEIVES} both inclusive.`,
    );
  }
  const target = room.records.findByArn(String(arn));
  if (target === undefined) throw refuse('Dead letter target does not exist.');
  if (isFifo(target) !== isFifo(record)) {
    throw refuse('Dead-letter queue must be same type of queue as the source.');
  }
  // From memory: AWS refuses what the dead-letter queue does not allow.
  if (!allowsRedrive(target, record)) {
    throw refuse(
      `Queue ${queueArn(record)} is not allowed to use ${queueArn(target)} as a dead-letter queue.`,
    );
  }
}

export function checkRedriveAllowPolicy(text: string): void {
  if (text === '') return;
  const policy = parsedObject(text);
  const { redrivePermission, sourceQueueArns } = policy ?? {};
  const isKnown = ['allowAll', 'denyAll', 'byQueue'].includes(String(redrivePermission));
  if (policy === undefined || !isKnown) throw invalidAttribute('RedriveAllowPolicy');
  const isByQueue = redrivePermission === 'byQueue';
  const arns = Array.isArray(sourceQueueArns) ? sourceQueueArns.length : 0;
  if (isByQueue !== (sourceQueueArns !== undefined) || arns > 10 || (isByQueue && arns === 0)) {
    throw invalidAttribute('RedriveAllowPolicy');
  }
}

function allowsRedrive({ attributes }: QueueRecord, source: QueueRecord): boolean {
  const policy = parsedObject(attributes['RedriveAllowPolicy'] ?? '{}') ?? {};
  const { redrivePermission = 'allowAll', sourceQueueArns = [] } = policy;
  if (redrivePermission !== 'byQueue') return redrivePermission === 'allowAll';
  return Array.isArray(sourceQueueArns) && sourceQueueArns.includes(queueArn(source));
}
