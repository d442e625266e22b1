import type { ListLayersRequest, ListLayersResponse } from '@aws-sdk/client-lambda';
import type { Operation } from '../../core/operation.ts';
import { layerArn, type LayerVersionRecord } from '../../functions/layer-record.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { isCompatible } from './layer-compatibility.ts';
import { pageOf } from './page.ts';
import { showListedLayer } from './show-layer.ts';

export function listLayers(room: LambdaRoom): Operation<ListLayersRequest, ListLayersResponse> {
  return {
    name: 'ListLayers',
    permissions: () => [{ action: 'lambda:ListLayers', resources: ['*'] }],
    handle: async (input, context) => {
      const newest = new Map<string, LayerVersionRecord>();
      for (const each of room.layers.list(context)) {
        if (!newest.has(each.name) && isCompatible(each, input)) newest.set(each.name, each);
      }
      const { items, marker } = pageOf([...newest.values()], ({ name }) => name, input);
      return {
        Layers: items.map((record) => ({
          LayerName: record.name,
          LayerArn: layerArn(record),
          LatestMatchingVersion: showListedLayer(record),
        })),
        ...(marker === undefined ? {} : { NextMarker: marker }),
      };
    },
  };
}
