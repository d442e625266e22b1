import type {
  ListProvisionedConcurrencyConfigsRequest,
  ListProvisionedConcurrencyConfigsResponse,
} from '@aws-sdk/client-lambda';
import { functionArn } from '../../core/function-version.ts';
import type { Operation } from '../../core/operation.ts';
import { findWholeFunction, functionPermission } from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { pageOf } from './page.ts';
import { showProvisioned } from './provisioned-target.ts';

export function listProvisionedConcurrencyConfigs(
  room: LambdaRoom,
): Operation<ListProvisionedConcurrencyConfigsRequest, ListProvisionedConcurrencyConfigsResponse> {
  return {
    name: 'ListProvisionedConcurrencyConfigs',
    permissions: (input, context) => [
      functionPermission(room.functions, 'ListProvisionedConcurrencyConfigs', input, context),
    ],
    handle: async (input, context) => {
      const record = findWholeFunction(room.functions, input, context);
      const { provisioned = [] } = record;
      const { items, marker } = pageOf(provisioned, ({ qualifier }) => qualifier, input);
      return {
        ProvisionedConcurrencyConfigs: items.map((each) => ({
          FunctionArn: functionArn(record, each.qualifier),
          ...showProvisioned(room, record, each),
        })),
        ...(marker === undefined ? {} : { NextMarker: marker }),
      };
    },
  };
}
