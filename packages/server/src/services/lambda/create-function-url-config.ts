import type {
  CreateFunctionUrlConfigRequest,
  CreateFunctionUrlConfigResponse,
} from '@aws-sdk/client-lambda';
import { functionArn } from '../../core/function-version.ts';
import type { Operation } from '../../core/operation.ts';
import type { FunctionUrl } from '../../functions/function-url.ts';
import {
  findUrlOwner,
  noSuchFunction,
  readCors,
  showCreatedUrl,
  urlPermission,
  withUrl,
} from './function-urls/url-config.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { invalidParameter, resourceConflict } from './lambda-errors.ts';

export function createFunctionUrlConfig(
  room: LambdaRoom,
): Operation<CreateFunctionUrlConfigRequest, CreateFunctionUrlConfigResponse> {
  return {
    name: 'CreateFunctionUrlConfig',
    permissions: (input, context) => [
      urlPermission(room, 'CreateFunctionUrlConfig', input, context),
    ],
    handle: async (input, context) => {
      for (;;) {
        const { record, alias, url } = findUrlOwner(room, input, context, noSuchFunction);
        if (url !== undefined) {
          throw resourceConflict(
            `Failed to create function url config for [functionArn = ${functionArn(record, alias)}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
          );
        }
        const isThere = alias === undefined || record.aliases?.some(({ name }) => name === alias);
        if (isThere !== true) throw noSuchFunction();
        if (record.tenancy !== undefined) {
          throw invalidParameter(
            'Function URLs are not supported for functions with tenant isolation.',
          );
        }
        const made = urlOf(room, input, alias);
        // False when the function changed just now: look again.
        if (!(await room.functions.replace(record, withUrl(record, alias, made)))) continue;
        return showCreatedUrl(record, made, context);
      }
    },
  };
}

function urlOf(
  { ids, clock }: LambdaRoom,
  input: CreateFunctionUrlConfigRequest,
  alias: string | undefined,
): FunctionUrl {
  const nowMs = clock.nowMs();
  return {
    id: ids.hex(16),
    ...(alias === undefined ? {} : { alias }),
    authType: input.AuthType === 'NONE' ? 'NONE' : 'AWS_IAM',
    invokeMode: input.InvokeMode ?? 'BUFFERED',
    ...(input.Cors === undefined ? {} : { cors: readCors(input.Cors) }),
    createdMs: nowMs,
    modifiedMs: nowMs,
  };
}
