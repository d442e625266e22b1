import type {
  GetProvisionedConcurrencyConfigRequest,
  GetProvisionedConcurrencyConfigResponse,
} from '@aws-sdk/client-lambda';
import { AwsError } from '../../core/aws-error.ts';
import type { Operation } from '../../core/operation.ts';
import { functionPermission } from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { findProvisionedTarget, showProvisioned } from './provisioned-target.ts';

export function getProvisionedConcurrencyConfig(
  room: LambdaRoom,
): Operation<GetProvisionedConcurrencyConfigRequest, GetProvisionedConcurrencyConfigResponse> {
  return {
    name: 'GetProvisionedConcurrencyConfig',
    permissions: (input, context) => [
      functionPermission(room.functions, 'GetProvisionedConcurrencyConfig', input, context),
    ],
    handle: async (input, context) => {
      const { record, request } = findProvisionedTarget(room, input, context);
      if (request !== undefined) return showProvisioned(room, record, request);
      throw new AwsError(
        'ProvisionedConcurrencyConfigNotFoundException',
        404,
        'No Provisioned Concurrency Config found for this function',
        { members: { Type: 'User' } },
      );
    },
  };
}
