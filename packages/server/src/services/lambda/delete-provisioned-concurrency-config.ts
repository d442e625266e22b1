import type { DeleteProvisionedConcurrencyConfigRequest } from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import { functionPermission } from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { applyProvisioned, findProvisionedTarget, withProvisioned } from './provisioned-target.ts';

/** AWS: one that is not there is as good as deleted. */
export function deleteProvisionedConcurrencyConfig(
  room: LambdaRoom,
): Operation<DeleteProvisionedConcurrencyConfigRequest> {
  return {
    name: 'DeleteProvisionedConcurrencyConfig',
    permissions: (input, context) => [
      functionPermission(room.functions, 'DeleteProvisionedConcurrencyConfig', input, context),
    ],
    handle: async (input, context) => {
      for (;;) {
        const { record, request, qualifier } = findProvisionedTarget(room, input, context);
        if (request === undefined) return {};
        const next = withProvisioned(record, qualifier, undefined);
        // False when the function changed just now: look again.
        if (!(await room.functions.replace(record, next))) continue;
        applyProvisioned(room, record);
        return {};
      }
    },
  };
}
