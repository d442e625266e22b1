import type {
  ListFunctionUrlConfigsRequest,
  ListFunctionUrlConfigsResponse,
} from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import type { FunctionUrl } from '../../functions/function-url.ts';
import {
  findUrlOwner,
  noSuchFunction,
  showUrl,
  urlPermission,
} from './function-urls/url-config.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { pageOf } from './page.ts';

/** Those of the function and of all its aliases. */
export function listFunctionUrlConfigs(
  room: LambdaRoom,
): Operation<ListFunctionUrlConfigsRequest, ListFunctionUrlConfigsResponse> {
  return {
    name: 'ListFunctionUrlConfigs',
    permissions: (input, context) => [
      urlPermission(room, 'ListFunctionUrlConfigs', input, context),
    ],
    handle: async (input, context) => {
      const { record } = findUrlOwner(room, input, context, noSuchFunction);
      const urls = [...(record.urls ?? [])].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
      const { items, marker } = pageOf(urls, keyOf, input);
      return {
        FunctionUrlConfigs: items.map((url) => showUrl(record, url, context)),
        ...(marker === undefined ? {} : { NextMarker: marker }),
      };
    },
  };
}

/** That of the function itself comes first: no alias begins with a blank. */
function keyOf({ alias }: FunctionUrl): string {
  return alias ?? ' ';
}
