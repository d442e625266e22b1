/** From the ARN of a topic to its record, and what a caller must be allowed on it. */
import type { OperationContext, Permission } from '../../core/operation.ts';
import type { NamedKey } from '../record-repository.ts';
import { resourceTagConditions } from '../tag-conditions.ts';
import { invalidParameter, topicNotFound } from './sns-errors.ts';
import type { SnsRoom } from './sns-deps.ts';
import { topicArn, type TopicRecord } from './topic-record.ts';

/** Any partition is accepted and means the same topic. `parameter`: as it is called in errors. */
export function topicKey(arn: string, parameter = 'TopicArn'): NamedKey {
  const elements = arn.split(':');
  if (elements.length < 6) {
    throw invalidParameter(
      `${parameter} Reason: An ARN must have at least 6 elements, not ${elements.length}`,
    );
  }
  const [, , service, region = '', account = '', ...name] = elements;
  if (service !== 'sns') throw invalidParameter(parameter);
  return { account, region, name: name.join(':') };
}

/** One that is not well formed names no topic of anybody: the operation itself refuses it. */
export function keyOrNothing(arn: string): NamedKey {
  const [, , , region = '', account = '', ...name] = arn.split(':');
  return { account, region, name: name.join(':') };
}

export function findTopic({ topics }: SnsRoom, arn: string, parameter?: string): TopicRecord {
  const found = topics.find(topicKey(arn, parameter));
  if (found === undefined) throw topicNotFound();
  return found;
}

type Conditions = NonNullable<Permission['conditions']>;

/** `given` are the condition keys that come with the request. */
export function topicPermission(
  { topics }: SnsRoom,
  action: string,
  key: NamedKey,
  { account }: Pick<OperationContext, 'account'>,
  given: Conditions = {},
): Permission {
  const { tags, policy }: Partial<TopicRecord> = topics.find(key) ?? {};
  return {
    action: `sns:${action}`,
    resources: [topicArn(key)],
    ...(key.account === '' ? { resourceAccount: account } : {}),
    conditions: { ...resourceTagConditions(tags), ...given },
    ...(policy === undefined ? {} : { resourcePolicy: policy }),
  };
}
