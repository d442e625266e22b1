import type { UntagResourceRequest } from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { storeTags, taggedPermission } from './tagged-function.ts';

export function untagResource(room: LambdaRoom): Operation<UntagResourceRequest> {
  return {
    name: 'UntagResource',
    permissions: (input, context) => {
      const permission = taggedPermission(room, 'UntagResource', input.Resource ?? '', context);
      const conditions = { ...permission.conditions, 'aws:TagKeys': input.TagKeys ?? [] };
      return [{ ...permission, conditions }];
    },
    handle: async (input, context) => {
      const gone = new Set(input.TagKeys);
      await storeTags(room, input.Resource ?? '', context, (tags) =>
        Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.has(key))),
      );
      return {};
    },
  };
}
