import type { GetFunctionRequest, GetFunctionResponse } from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import { findFunction, functionPermission } from './find-function.ts';
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
      const { code } = published?.settings ?? record.latest;
      const location = room.links.link(context.endpoint, code);
      const { reservedConcurrency: reserved } = record;
      const hasTags = Object.keys(record.tags).length > 0;
      return {
        Configuration: showFunction(record, { qualifier: address.qualifier, published }),
        Code: { RepositoryType: 'S3', Location: location },
        ...(reserved === undefined
          ? {}
          : { Concurrency: { ReservedConcurrentExecutions: reserved } }),
        ...(hasTags ? { Tags: { ...record.tags } } : {}),
      };
    },
  };
}
