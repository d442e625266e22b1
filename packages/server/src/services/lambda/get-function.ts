import type { GetFunctionRequest, GetFunctionResponse } from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import { findFunction, functionPermission } from './find-function.ts';
import { showImageCode } from './image-settings.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { showFunction } from './show-function.ts';

export function getFunction(room: LambdaRoom): Operation<GetFunctionRequest, GetFunctionResponse> {
  return {
    name: 'GetFunction',
    permissions: (input, context) => [
      functionPermission(room.functions, 'GetFunction', input, context),
    ],
    handle: async (input, context) => {
      const { record, address, published } = findFunction(room.functions, input, context);
      const { code, image } = published?.settings ?? record.latest;
      const { reservedConcurrency: reserved } = record;
      const hasTags = Object.keys(record.tags).length > 0;
      return {
        Configuration: showFunction(record, { qualifier: address.qualifier, published }),
        Code:
          image === undefined
            ? { RepositoryType: 'S3', Location: room.links.link(context.endpoint, code) }
            : showImageCode(image),
        ...(reserved === undefined
          ? {}
          : { Concurrency: { ReservedConcurrentExecutions: reserved } }),
        ...(hasTags ? { Tags: { ...record.tags } } : {}),
      };
    },
  };
}
