import type { ListFunctionsRequest, ListFunctionsResponse } from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { invalidParameter } from './lambda-errors.ts';
import { pageOf } from './page.ts';
import { showListed } from './show-function.ts';

export function listFunctions(
  room: LambdaRoom,
): Operation<ListFunctionsRequest, ListFunctionsResponse> {
  return {
    name: 'ListFunctions',
    permissions: () => [{ action: 'lambda:ListFunctions', resources: ['*'] }],
    handle: async (input, context) => {
      const listsVersions = input.FunctionVersion === 'ALL';
      if (input.MasterRegion !== undefined && !listsVersions) {
        throw invalidParameter('FunctionVersion must be set to ALL when MasterRegion is given.');
      }
      // MasterRegion asks for Lambda@Edge replicas alone, and there are none.
      const all = input.MasterRegion === undefined ? room.functions.list(context) : [];
      const { items, marker } = pageOf(all, (record) => record.name, input);
      const qualifier = listsVersions ? '$LATEST' : undefined;
      return {
        Functions: items.map((record) => showListed(record, qualifier)),
        ...(marker === undefined ? {} : { NextMarker: marker }),
      };
    },
  };
}
