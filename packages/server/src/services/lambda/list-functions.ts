import type { ListFunctionsRequest, ListFunctionsResponse } from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { invalidParameter } from './lambda-errors.ts';
import { pageOf } from './page.ts';
import { showListed } from './show-function.ts';
import { latestRow, versionRows } from './version-rows.ts';

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
      const rows = all.flatMap((record) =>
        listsVersions ? versionRows(record) : [latestRow(record)],
      );
      const { items, marker } = pageOf(rows, ({ key }) => key, input);
      return {
        Functions: items.map(({ record, shown }) => showListed(record, shown)),
        ...(marker === undefined ? {} : { NextMarker: marker }),
      };
    },
  };
}
