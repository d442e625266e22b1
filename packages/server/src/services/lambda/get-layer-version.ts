import type {
  GetLayerVersionByArnRequest,
  GetLayerVersionRequest,
  GetLayerVersionResponse,
} from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import { parseLayerArn, type LayerKey } from '../../functions/layer-record.ts';
import { findLayerVersion, layerVersionOf, layerVersionPermission } from './layer-address.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { showLayerVersion } from './show-layer.ts';

export function getLayerVersion(
  room: LambdaRoom,
): Operation<GetLayerVersionRequest, GetLayerVersionResponse> {
  return {
    name: 'GetLayerVersion',
    permissions: (input, context) => [
      layerVersionPermission(room, 'GetLayerVersion', layerVersionOf(input, context)),
    ],
    handle: async (input, context) => {
      const record = findLayerVersion(room, layerVersionOf(input, context));
      return showLayerVersion(record, room.links, context.endpoint);
    },
  };
}

export function getLayerVersionByArn(
  room: LambdaRoom,
): Operation<GetLayerVersionByArnRequest, GetLayerVersionResponse> {
  return {
    name: 'GetLayerVersionByArn',
    permissions: (input) => [layerVersionPermission(room, 'GetLayerVersion', namedBy(input))],
    handle: async (input, context) =>
      showLayerVersion(findLayerVersion(room, namedBy(input)), room.links, context.endpoint),
  };
}

/** The one form of ARN that names no account and number is that of AWS's own, which are not here. */
function namedBy({ Arn: arn = '' }: GetLayerVersionByArnRequest): LayerKey & { version: number } {
  const { version = 1, ...layer } = parseLayerArn(arn) ?? { account: '', region: '', name: arn };
  return { ...layer, version };
}
