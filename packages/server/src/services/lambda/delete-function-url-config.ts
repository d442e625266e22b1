import type { DeleteFunctionUrlConfigRequest } from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import { findUrlOwner, noSuchUrl, urlPermission, withUrl } from './function-urls/url-config.ts';
import type { LambdaRoom } from './lambda-deps.ts';

export function deleteFunctionUrlConfig(
  room: LambdaRoom,
): Operation<DeleteFunctionUrlConfigRequest> {
  return {
    name: 'DeleteFunctionUrlConfig',
    permissions: (input, context) => [
      urlPermission(room, 'DeleteFunctionUrlConfig', input, context),
    ],
    handle: async (input, context) => {
      for (;;) {
        const { record, alias, url } = findUrlOwner(room, input, context, noSuchUrl);
        if (url === undefined) throw noSuchUrl();
        // False when the function changed just now: look again.
        if (await room.functions.replace(record, withUrl(record, alias, undefined))) return {};
      }
    },
  };
}
