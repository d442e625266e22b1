import type { DeleteLayerVersionRequest } from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import { releaseCode } from './kept-code.ts';
import { checkVersionNumber, layerVersionOf, layerVersionPermission } from './layer-address.ts';
import type { LambdaRoom } from './lambda-deps.ts';

/** Functions that have it keep it; AWS: deleting what is not there succeeds. */
export function deleteLayerVersion(room: LambdaRoom): Operation<DeleteLayerVersionRequest> {
  return {
    name: 'DeleteLayerVersion',
    permissions: (input, context) => [
      layerVersionPermission(room, 'DeleteLayerVersion', layerVersionOf(input, context)),
    ],
    handle: async (input, context) => {
      const layer = layerVersionOf(input, context);
      checkVersionNumber(layer.version);
      for (;;) {
        const record = room.layers.find(layer);
        if (record === undefined) return {};
        // False when its policy changed just now: what there is now is what gets deleted.
        if (!(await room.layers.remove(record))) continue;
        await releaseCode(room, [record.code]);
        return {};
      }
    },
  };
}
