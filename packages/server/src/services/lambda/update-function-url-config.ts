import type {
  UpdateFunctionUrlConfigRequest,
  UpdateFunctionUrlConfigResponse,
} from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import type { FunctionUrl } from '../../functions/function-url.ts';
import {
  findUrlOwner,
  noSuchUrl,
  readCors,
  showUrl,
  urlPermission,
  withUrl,
} from './function-urls/url-config.ts';
import type { LambdaRoom } from './lambda-deps.ts';

/** What is not given stays; CORS is replaced as a whole. */
export function updateFunctionUrlConfig(
  room: LambdaRoom,
): Operation<UpdateFunctionUrlConfigRequest, UpdateFunctionUrlConfigResponse> {
  return {
    name: 'UpdateFunctionUrlConfig',
    permissions: (input, context) => [
      urlPermission(room, 'UpdateFunctionUrlConfig', input, context),
    ],
    handle: async (input, context) => {
      for (;;) {
        const { record, alias, url } = findUrlOwner(room, input, context, noSuchUrl);
        if (url === undefined) throw noSuchUrl();
        const next: FunctionUrl = {
          ...url,
          ...(input.AuthType === undefined ? {} : { authType: input.AuthType }),
          ...(input.InvokeMode === undefined ? {} : { invokeMode: input.InvokeMode }),
          ...(input.Cors === undefined ? {} : { cors: readCors(input.Cors) }),
          modifiedMs: room.clock.nowMs(),
        };
        // False when the function changed just now: look again.
        if (!(await room.functions.replace(record, withUrl(record, alias, next)))) continue;
        return showUrl(record, next, context);
      }
    },
  };
}
