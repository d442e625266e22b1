import type {
  ListVersionsByFunctionRequest,
  ListVersionsByFunctionResponse,
} from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import { findFunction, functionPermission } from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { pageOf } from './page.ts';
import { showListed } from './show-function.ts';
import { versionRows } from './version-rows.ts';

export function listVersionsByFunction(
  room: LambdaRoom,
): Operation<ListVersionsByFunctionRequest, ListVersionsByFunctionResponse> {
  return {
    name: 'ListVersionsByFunction',
    permissions: (input, context) => [
      functionPermission(room.functions, 'ListVersionsByFunction', input, context),
    ],
    handle: async (input, context) => {
      const { record } = findFunction(room.functions, input, context);
      const { items, marker } = pageOf(versionRows(record), ({ key }) => key, input);
      return {
        Versions: items.map(({ shown }) => showListed(record, shown)),
        ...(marker === undefined ? {} : { NextMarker: marker }),
      };
    },
  };
}
