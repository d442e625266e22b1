import type { TagResourceRequest } from '@aws-sdk/client-lambda';
import { TAGS_PER_RESOURCE } from '../../core/limits.ts';
import type { Operation } from '../../core/operation.ts';
import { withRequestTags } from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { invalidParameter } from './lambda-errors.ts';
import { findTagged, storeTags, taggedPermission } from './tagged-function.ts';

export function tagResource(room: LambdaRoom): Operation<TagResourceRequest> {
  return {
    name: 'TagResource',
    permissions: (input, context) => [
      withRequestTags(
        taggedPermission(room, 'TagResource', input.Resource ?? '', context),
        input.Tags ?? {},
      ),
    ],
    handle: async (input, context) => {
      const arn = input.Resource ?? '';
      const added = input.Tags ?? {};
      findTagged(room, arn, context);
      if (Object.keys(added).length === 0) {
        throw invalidParameter('An error occurred and the request cannot be processed.');
      }
      await storeTags(room, arn, context, (tags) => {
        const merged = { ...tags, ...added };
        if (Object.keys(merged).length <= TAGS_PER_RESOURCE) return merged;
        throw invalidParameter('Number of tags exceeds resource tag limit.');
      });
      return {};
    },
  };
}
