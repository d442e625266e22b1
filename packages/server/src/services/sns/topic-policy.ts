/** AddPermission and RemovePermission: a topic's policy without writing one. */
import type { AddPermissionInput, RemovePermissionInput } from '@aws-sdk/client-sns';
import type { Operation } from '../../core/operation.ts';
import type { PolicyStatement } from '../../iam/policy-statement.ts';
import type { Validated } from '../validated.ts';
import { keyOrNothing, topicKey, topicPermission } from './find-topic.ts';
import { invalidParameter, topicNotFound } from './sns-errors.ts';
import type { SnsRoom } from './sns-deps.ts';
import { defaultPolicy, sharable } from './topic-attributes.ts';
import { topicArn } from './topic-record.ts';

export function addPermission(room: SnsRoom): Operation<Validated<AddPermissionInput>> {
  return {
    name: 'AddPermission',
    permissions: ({ TopicArn: arn }, context) => [
      topicPermission(room, 'AddPermission', keyOrNothing(arn), context),
    ],
    handle: async (input) => {
      const accounts: readonly string[] = input.AWSAccountId;
      const actions: readonly string[] = input.ActionName;
      if (accounts.length === 0 || accounts.some((each) => !/^\d{12}$/.test(each))) {
        throw invalidParameter('AWSAccountId');
      }
      if (actions.length === 0 || actions.some((each) => !sharable.includes(each))) {
        throw invalidParameter('Policy statement action out of service scope!');
      }
      await room.topics.change(topicKey(input.TopicArn), (record) => {
        if (record === undefined) throw topicNotFound();
        const policy = record.policy ?? defaultPolicy(record);
        if (policy.Statement.some(({ Sid: sid }) => sid === input.Label)) {
          throw invalidParameter('Statement already exists');
        }
        const statement: PolicyStatement = {
          Sid: input.Label,
          Effect: 'Allow',
          Principal: { AWS: oneOrMore(accounts.map((each) => `arn:aws:iam::${each}:root`)) },
          Action: oneOrMore(actions.map((each) => `SNS:${each}`)),
          Resource: topicArn(record),
        };
        return { ...record, policy: { ...policy, Statement: [...policy.Statement, statement] } };
      });
      return {};
    },
  };
}

export function removePermission(room: SnsRoom): Operation<Validated<RemovePermissionInput>> {
  return {
    name: 'RemovePermission',
    permissions: ({ TopicArn: arn }, context) => [
      topicPermission(room, 'RemovePermission', keyOrNothing(arn), context),
    ],
    handle: async ({ TopicArn: arn, Label: label }) => {
      await room.topics.change(topicKey(arn), (record) => {
        if (record === undefined) throw topicNotFound();
        const policy = record.policy ?? defaultPolicy(record);
        // AWS: one that is not there is removed all the same.
        const Statement = policy.Statement.filter(({ Sid: sid }) => sid !== label);
        return { ...record, policy: { ...policy, Statement } };
      });
      return {};
    },
  };
}

/** AWS: one alone stands as a text. */
function oneOrMore(values: readonly string[]): string | readonly string[] {
  const [only = ''] = values;
  return values.length === 1 ? only : values;
}
