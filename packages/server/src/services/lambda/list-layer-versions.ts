import type { ListLayerVersionsRequest, ListLayerVersionsResponse } from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import { layerKeyOf, layerPermission } from './layer-address.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { isCompatible } from './layer-compatibility.ts';
import { pageOf } from './page.ts';
import { showListedLayer } from './show-layer.ts';

/** Newest first; a key that grows from row to row. */
const NUMBERS = 1e12;

export function listLayerVersions(
  room: LambdaRoom,
): Operation<ListLayerVersionsRequest, ListLayerVersionsResponse> {
  return {
    name: 'ListLayerVersions',
    permissions: (input, context) => [
      layerPermission('ListLayerVersions', input.LayerName, context),
    ],
    handle: async (input, context) => {
      const all = room.layers.versions(layerKeyOf(input.LayerName, context));
      const { items, marker } = pageOf(
        all.filter((each) => isCompatible(each, input)),
        ({ version }) => String(NUMBERS - version),
        input,
      );
      return {
        LayerVersions: items.map(showListedLayer),
        ...(marker === undefined ? {} : { NextMarker: marker }),
      };
    },
  };
}
