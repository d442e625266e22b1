import type { ListAliasesRequest, ListAliasesResponse } from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import { showAlias } from './alias-target.ts';
import { findWholeFunction, functionPermission } from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { pageOf } from './page.ts';

export function listAliases(room: LambdaRoom): Operation<ListAliasesRequest, ListAliasesResponse> {
  return {
    name: 'ListAliases',
    permissions: (input, context) => [
      functionPermission(room.functions, 'ListAliases', input, context),
    ],
    handle: async (input, context) => {
      const record = findWholeFunction(room.functions, input, context);
      const { FunctionVersion: asked } = input;
      const listed = (record.aliases ?? []).filter(
        ({ version, routing }) =>
          asked === undefined || version === asked || routing?.version === asked,
      );
      const { items, marker } = pageOf(listed, ({ name }) => name, input);
      return {
        Aliases: items.map((alias) => showAlias(record, alias)),
        ...(marker === undefined ? {} : { NextMarker: marker }),
      };
    },
  };
}
