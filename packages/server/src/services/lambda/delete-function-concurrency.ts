import type { DeleteFunctionConcurrencyRequest } from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import { findWholeFunction, functionPermission } from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';

export function deleteFunctionConcurrency(
  room: LambdaRoom,
): Operation<DeleteFunctionConcurrencyRequest> {
  return {
    name: 'DeleteFunctionConcurrency',
    permissions: (input, context) => [
      functionPermission(room.functions, 'DeleteFunctionConcurrency', input, context),
    ],
    handle: async (input, context) => {
      for (;;) {
        const record = findWholeFunction(room.functions, input, context);
        const { reservedConcurrency: _, ...rest } = record;
        // False when the function changed just now: look again.
        if (await room.functions.replace(record, rest)) return {};
      }
    },
  };
}
