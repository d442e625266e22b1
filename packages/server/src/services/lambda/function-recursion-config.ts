/** Whether a function that is in a loop goes on; it does not unless its owner says so. */
import type {
  GetFunctionRecursionConfigRequest,
  GetFunctionRecursionConfigResponse,
  PutFunctionRecursionConfigRequest,
  PutFunctionRecursionConfigResponse,
} from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import { findWholeFunction, functionPermission } from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';

export function getFunctionRecursionConfig(
  room: LambdaRoom,
): Operation<GetFunctionRecursionConfigRequest, GetFunctionRecursionConfigResponse> {
  return {
    name: 'GetFunctionRecursionConfig',
    permissions: (input, context) => [
      functionPermission(room.functions, 'GetFunctionRecursionConfig', input, context),
    ],
    handle: async (input, context) => {
      const record = findWholeFunction(room.functions, input, context);
      return { RecursiveLoop: record.recursiveLoop ?? 'Terminate' };
    },
  };
}

export function putFunctionRecursionConfig(
  room: LambdaRoom,
): Operation<PutFunctionRecursionConfigRequest, PutFunctionRecursionConfigResponse> {
  return {
    name: 'PutFunctionRecursionConfig',
    permissions: (input, context) => [
      functionPermission(room.functions, 'PutFunctionRecursionConfig', input, context),
    ],
    handle: async (input, context) => {
      for (;;) {
        const record = findWholeFunction(room.functions, input, context);
        const { recursiveLoop: _, ...rest } = record;
        const isAllowed = input.RecursiveLoop === 'Allow';
        const next = isAllowed ? { ...rest, recursiveLoop: 'Allow' as const } : rest;
        // False when the function changed just now: look again.
        if (!(await room.functions.replace(record, next))) continue;
        return { RecursiveLoop: isAllowed ? 'Allow' : 'Terminate' };
      }
    },
  };
}
