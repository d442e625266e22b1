import type {
  FunctionConfiguration,
  UpdateFunctionConfigurationRequest,
} from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import { checkSignature } from './code-signing.ts';
import { findLatest, functionPermission, passRole } from './find-function.ts';
import { checkRole, runtimeAfterUpdate } from './function-checks.ts';
import { configure } from './function-settings.ts';
import { imageAfterUpdate } from './image-settings.ts';
import {
  askedLayers,
  checkTotalSize,
  layerPermissions,
  withLayerKeys,
  withLayers,
} from './function-layers.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { refuseAtUpdate } from './refused-features.ts';
import { showFunction } from './show-function.ts';
import { checkUpdatable, storeUpdate } from './store-update.ts';
import { checkDeadLetters } from './target-rights.ts';

export function updateFunctionConfiguration(
  room: LambdaRoom,
): Operation<UpdateFunctionConfigurationRequest, FunctionConfiguration> {
  return {
    name: 'UpdateFunctionConfiguration',
    permissions: (input, context) => [
      withLayerKeys(
        functionPermission(room.functions, 'UpdateFunctionConfiguration', input, context),
        input.Layers,
      ),
      ...passRole(input.Role),
      ...layerPermissions(room, input.Layers),
    ],
    handle: async (input, context) => {
      const { record, address } = findLatest(room.functions, input, context);
      checkUpdatable(record, input.RevisionId);
      refuseAtUpdate(input);
      const image = imageAfterUpdate(record.latest, input);
      const layers = askedLayers(room, input.Layers, record.region);
      if (layers !== undefined && layers.length > 0) {
        checkSignature(room, record.codeSigningConfigArn, record.name);
      }
      const configured = withLayers(configure(room, record.latest, input), layers);
      await checkTotalSize(room, record.latest.code, layers);
      if (input.Role !== undefined) await checkRole(room, input.Role);
      if (input.Role !== undefined || input.DeadLetterConfig !== undefined) {
        const named = { functionName: record.name, region: record.region };
        await checkDeadLetters(room, named, configured);
      }
      const runtimeVersionArn = await runtimeAfterUpdate(room, record, input.Runtime);
      const { record: next } = await storeUpdate(room, record, {
        ...configured,
        ...(image === undefined ? {} : { image }),
        runtimeVersionArn,
      });
      return showFunction(next, { qualifier: address.qualifier });
    },
  };
}
