import type {
  FunctionConfiguration,
  GetFunctionConfigurationRequest,
} from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import { findFunction, functionPermission } from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { showFunction } from './show-function.ts';

export function getFunctionConfiguration(
  room: LambdaRoom,
): Operation<GetFunctionConfigurationRequest, FunctionConfiguration> {
  return {
    name: 'GetFunctionConfiguration',
    permissions: (input, context) => [
      functionPermission(room.functions, 'GetFunctionConfiguration', input, context),
    ],
    handle: async (input, context) => {
      const { record, address, published } = findFunction(room.functions, input, context);
      return showFunction(record, { qualifier: address.qualifier, published });
    },
  };
}
