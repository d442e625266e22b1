import type {
  PublishLayerVersionRequest,
  PublishLayerVersionResponse,
} from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import { readUpload } from './code-source.ts';
import { layerKeyOf, layerPermission } from './layer-address.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { invalidParameter } from './lambda-errors.ts';
import { showLayerVersion } from './show-layer.ts';
import { withUpload } from './with-upload.ts';

export function publishLayerVersion(
  room: LambdaRoom,
): Operation<PublishLayerVersionRequest, PublishLayerVersionResponse> {
  return {
    name: 'PublishLayerVersion',
    permissions: (input, context) => [
      layerPermission('PublishLayerVersion', input.LayerName, context),
    ],
    handle: async (input, context) => {
      const layer = layerKeyOf(input.LayerName, context);
      if (layer.region !== context.region) {
        throw invalidParameter(
          `The layer is in region ${layer.region}, this is ${context.region}. Please publish it there.`,
        );
      }
      const upload = await readUpload(room, input.Content ?? {}, context);
      const { CompatibleRuntimes: runtimes, CompatibleArchitectures: architectures } = input;
      return withUpload(room, upload, async (code) => {
        const record = await room.layers.publish({
          ...layer,
          createdMs: room.clock.nowMs(),
          description: input.Description ?? '',
          code,
          ...(runtimes === undefined ? {} : { runtimes }),
          ...(architectures === undefined ? {} : { architectures }),
          ...(input.LicenseInfo === undefined ? {} : { licenseInfo: input.LicenseInfo }),
        });
        return showLayerVersion(record, room.links, context.endpoint);
      });
    },
  };
}
