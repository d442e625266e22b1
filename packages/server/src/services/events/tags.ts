/** Tags of rules and buses: TagResource, UntagResource, ListTagsForResource. */
import type {
  ListTagsForResourceRequest,
  ListTagsForResourceResponse,
  Tag,
  TagResourceRequest,
  UntagResourceRequest,
} from '@aws-sdk/client-eventbridge';
import { validationException } from '../../core/aws-error.ts';
import { TAGS_PER_RESOURCE } from '../../core/limits.ts';
import type { Operation } from '../../core/operation.ts';
import { requestTagConditions, tagRecord } from '../tag-conditions.ts';
import type { Validated } from '../validated.ts';
import type { EventsRoom } from './events-deps.ts';
import { tooMany } from './events-errors.ts';
import { findTagged, taggedPermission, type Tags } from './tagged-resource.ts';

export function tagResource(room: EventsRoom): Operation<Validated<TagResourceRequest>> {
  return {
    name: 'TagResource',
    permissions: ({ ResourceARN: arn, Tags: given }) =>
      taggedPermission(room, 'TagResource', arn, requestTagConditions(tagRecord(given))),
    handle: async ({ ResourceARN: arn, Tags: given }, context) => {
      const added = readTags(given);
      await findTagged(room, arn, context).change((tags) => {
        const all = { ...tags, ...added };
        if (Object.keys(all).length > TAGS_PER_RESOURCE) throw tooMany();
        return all;
      });
      return {};
    },
  };
}

export function untagResource(room: EventsRoom): Operation<Validated<UntagResourceRequest>> {
  return {
    name: 'UntagResource',
    permissions: ({ ResourceARN: arn, TagKeys: keys }) =>
      taggedPermission(room, 'UntagResource', arn, { 'aws:TagKeys': keys }),
    handle: async ({ ResourceARN: arn, TagKeys: keys }, context) => {
      const gone: readonly string[] = keys;
      await findTagged(room, arn, context).change((tags) =>
        Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.includes(key))),
      );
      return {};
    },
  };
}

export function listTagsForResource(
  room: EventsRoom,
): Operation<Validated<ListTagsForResourceRequest>, ListTagsForResourceResponse> {
  return {
    name: 'ListTagsForResource',
    permissions: ({ ResourceARN: arn }) => taggedPermission(room, 'ListTagsForResource', arn),
    handle: async ({ ResourceARN: arn }, context) => {
      const { tags } = findTagged(room, arn, context);
      return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
    },
  };
}

/** Checked; AWS's words for reserved keys are from memory. */
export function readTags(given: readonly Tag[] = []): Tags {
  const keys = given.map(({ Key: key = '' }) => key);
  if (new Set(keys).size < keys.length) {
    throw validationException('Invalid parameter: Duplicated keys are not allowed.');
  }
  const reserved = keys.find((key) => key.toLowerCase().startsWith('aws:'));
  if (reserved !== undefined) {
    throw validationException(`System tags cannot be added/updated by requester: ${reserved}`);
  }
  if (given.length > TAGS_PER_RESOURCE) throw tooMany();
  return tagRecord(given);
}
