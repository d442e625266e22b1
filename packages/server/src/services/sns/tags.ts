/** Tags of topics. */
import type {
  ListTagsForResourceRequest,
  ListTagsForResourceResponse,
  Tag,
  TagResourceRequest,
  UntagResourceRequest,
} from '@aws-sdk/client-sns';
import { TAGS_PER_RESOURCE } from '../../core/limits.ts';
import type { Operation } from '../../core/operation.ts';
import { requestTagConditions, tagRecord } from '../tag-conditions.ts';
import type { Validated } from '../validated.ts';
import { keyOrNothing, topicKey, topicPermission } from './find-topic.ts';
import { invalidParameter, resourceNotFound, tooManyTags } from './sns-errors.ts';
import type { SnsRoom } from './sns-deps.ts';

type Tags = Readonly<Record<string, string>>;

export function tagResource(room: SnsRoom): Operation<Validated<TagResourceRequest>> {
  return {
    name: 'TagResource',
    permissions: ({ ResourceArn: arn, Tags: given }, context) => [
      topicPermission(
        room,
        'TagResource',
        keyOrNothing(arn),
        context,
        requestTagConditions(tagRecord(given)),
      ),
    ],
    handle: async ({ ResourceArn: arn, Tags: given }) => {
      const added = readTags(given);
      await changeTags(room, arn, (tags) => {
        const all = { ...tags, ...added };
        if (Object.keys(all).length > TAGS_PER_RESOURCE) throw tooManyTags();
        return all;
      });
      return {};
    },
  };
}

export function untagResource(room: SnsRoom): Operation<Validated<UntagResourceRequest>> {
  return {
    name: 'UntagResource',
    permissions: ({ ResourceArn: arn, TagKeys: keys }, context) => [
      topicPermission(room, 'UntagResource', keyOrNothing(arn), context, { 'aws:TagKeys': keys }),
    ],
    handle: async ({ ResourceArn: arn, TagKeys: keys }) => {
      const gone: readonly string[] = keys;
      await changeTags(room, arn, (tags) =>
        Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.includes(key))),
      );
      return {};
    },
  };
}

export function listTagsForResource(
  room: SnsRoom,
): Operation<Validated<ListTagsForResourceRequest>, ListTagsForResourceResponse> {
  return {
    name: 'ListTagsForResource',
    permissions: ({ ResourceArn: arn }, context) => [
      topicPermission(room, 'ListTagsForResource', keyOrNothing(arn), context),
    ],
    handle: async ({ ResourceArn: arn }) => {
      const found = room.topics.find(topicKey(arn, 'ResourceArn'));
      if (found === undefined) throw resourceNotFound();
      return { Tags: Object.entries(found.tags).map(([Key, Value]) => ({ Key, Value })) };
    },
  };
}

export function readTags(given: readonly Tag[] = []): Tags {
  const keys = given.map(({ Key: key = '' }) => key);
  if (new Set(keys).size < keys.length) {
    throw invalidParameter('Duplicated keys are not allowed.');
  }
  if (keys.length > TAGS_PER_RESOURCE) throw tooManyTags();
  if (keys.some((key) => key.toLowerCase().startsWith('aws:'))) {
    throw invalidParameter('Tags Reason: aws: prefixed tag key names are not allowed');
  }
  return tagRecord(given);
}

async function changeTags(
  { topics }: SnsRoom,
  arn: string,
  change: (tags: Tags) => Tags,
): Promise<void> {
  await topics.change(topicKey(arn, 'ResourceArn'), (record) => {
    if (record === undefined) throw resourceNotFound();
    return { ...record, tags: change(record.tags) };
  });
}
