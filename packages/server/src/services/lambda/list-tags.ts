import type { ListTagsRequest, ListTagsResponse } from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { findTagged, taggedPermission } from './tagged-function.ts';

export function listTags(room: LambdaRoom): Operation<ListTagsRequest, ListTagsResponse> {
  return {
    name: 'ListTags',
    permissions: (input, context) => [
      taggedPermission(room, 'ListTags', input.Resource ?? '', context),
    ],
    handle: async (input, context) => ({
      Tags: { ...findTagged(room, input.Resource ?? '', context).tags },
    }),
  };
}
