import type {
  GetFunctionConcurrencyRequest,
  GetFunctionConcurrencyResponse,
} from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import { findWholeFunction, functionPermission } from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';

export function getFunctionConcurrency(
  room: LambdaRoom,
): Operation<GetFunctionConcurrencyRequest, GetFunctionConcurrencyResponse> {
  return {
    name: 'GetFunctionConcurrency',
    permissions: (input, context) => [
      functionPermission(room.functions, 'GetFunctionConcurrency', input, context),
    ],
    handle: async (input, context) => {
      const { reservedConcurrency } = findWholeFunction(room.functions, input, context);
      return reservedConcurrency === undefined
        ? {}
        : { ReservedConcurrentExecutions: reservedConcurrency };
    },
  };
}
