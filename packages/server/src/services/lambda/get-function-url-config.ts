import type {
  GetFunctionUrlConfigRequest,
  GetFunctionUrlConfigResponse,
} from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import { findUrlOwner, noSuchUrl, showUrl, urlPermission } from './function-urls/url-config.ts';
import type { LambdaRoom } from './lambda-deps.ts';

export function getFunctionUrlConfig(
  room: LambdaRoom,
): Operation<GetFunctionUrlConfigRequest, GetFunctionUrlConfigResponse> {
  return {
    name: 'GetFunctionUrlConfig',
    permissions: (input, context) => [urlPermission(room, 'GetFunctionUrlConfig', input, context)],
    handle: async (input, context) => {
      const { record, url } = findUrlOwner(room, input, context, noSuchUrl);
      if (url === undefined) throw noSuchUrl();
      return showUrl(record, url, context);
    },
  };
}
