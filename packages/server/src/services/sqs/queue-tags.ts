import type {
  ListQueueTagsRequest,
  ListQueueTagsResult,
  TagQueueRequest,
  UntagQueueRequest,
} from '@aws-sdk/client-sqs';
import { TAGS_PER_RESOURCE } from '../../core/limits.ts';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import { findQueue, queuePermission, withRequestTags } from './find-queue.ts';
import { invalidValue, queueNotFound } from './sqs-errors.ts';
import type { SqsRoom } from './sqs-deps.ts';

/** The wordings are from memory. */
export function checkTags(tags: Readonly<Record<string, string>>): void {
  if (Object.keys(tags).length > TAGS_PER_RESOURCE) {
    throw invalidValue(`Too many tags added for queue. The limit is ${TAGS_PER_RESOURCE}.`);
  }
  for (const [key, value] of Object.entries(tags)) {
    const isGood = /^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u.test(key);
    const isGoodValue = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u.test(value);
    if (!isGood) throw invalidValue(`The tag key '${key}' is invalid.`);
    if (!isGoodValue) throw invalidValue(`The value of the tag '${key}' is invalid.`);
  }
}

export function tagQueue(room: SqsRoom): Operation<Validated<TagQueueRequest>> {
  return {
    name: 'TagQueue',
    permissions: (input, context) => [
      withRequestTags(queuePermission(room, 'TagQueue', input, context), input.Tags),
    ],
    handle: async (input, context) => {
      await room.records.change(findQueue(room, input, context), (record) => {
        if (record === undefined) throw queueNotFound();
        const tags = { ...record.tags, ...input.Tags };
        checkTags(tags);
        return { ...record, tags };
      });
      return {};
    },
  };
}

export function untagQueue(room: SqsRoom): Operation<Validated<UntagQueueRequest>> {
  return {
    name: 'UntagQueue',
    permissions: (input, context) => {
      const permission = queuePermission(room, 'UntagQueue', input, context);
      const conditions = { ...permission.conditions, 'aws:TagKeys': input.TagKeys };
      return [{ ...permission, conditions }];
    },
    handle: async (input, context) => {
      const keys: readonly string[] = input.TagKeys;
      await room.records.change(findQueue(room, input, context), (record) => {
        if (record === undefined) throw queueNotFound();
        const rest = Object.entries(record.tags).filter(([key]) => !keys.includes(key));
        return { ...record, tags: Object.fromEntries(rest) };
      });
      return {};
    },
  };
}

export function listQueueTags(
  room: SqsRoom,
): Operation<Validated<ListQueueTagsRequest>, ListQueueTagsResult> {
  return {
    name: 'ListQueueTags',
    permissions: (input, context) => [queuePermission(room, 'ListQueueTags', input, context)],
    handle: async (input, context) => {
      const { tags } = findQueue(room, input, context);
      return Object.keys(tags).length === 0 ? {} : { Tags: { ...tags } };
    },
  };
}
