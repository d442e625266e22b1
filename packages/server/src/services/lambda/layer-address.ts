/** How an operation on layers gets from the request's text to a record, with AWS's refusals. */
import { layerArn, layerVersionArn, parseLayerArn } from '../../functions/layer-record.ts';
import type { LayerKey, LayerVersionRecord } from '../../functions/layer-record.ts';
import type { OperationContext, Permission } from '../../core/operation.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { invalidParameter, notFound } from './lambda-errors.ts';

export interface LayerVersionRequest {
  readonly LayerName: string | undefined;
  readonly VersionNumber: number | undefined;
}

/** The name alone, or the ARN of the layer. */
export function layerKeyOf(name: string | undefined, context: OperationContext): LayerKey {
  const { account, region } = context;
  const given = parseLayerArn(name ?? '');
  if (given === undefined) return { account, region, name: name ?? '' };
  return { account: given.account, region: given.region, name: given.name };
}

export function layerVersionOf(
  request: LayerVersionRequest,
  context: OperationContext,
): LayerKey & { readonly version: number } {
  return { ...layerKeyOf(request.LayerName, context), version: request.VersionNumber ?? 0 };
}

/** For an action on the layer as a whole. */
export function layerPermission(
  action: string,
  name: string | undefined,
  context: OperationContext,
): Permission {
  return { action: `lambda:${action}`, resources: [layerArn(layerKeyOf(name, context))] };
}

/** For an action on one version, which may be shared by its policy. */
export function layerVersionPermission(
  { layers }: Pick<LambdaRoom, 'layers'>,
  action: string,
  layer: LayerKey & { readonly version: number },
): Permission {
  const policy = layers.find(layer)?.policy;
  return {
    action: `lambda:${action}`,
    resources: [layerVersionArn(layer)],
    ...(policy === undefined ? {} : { resourcePolicy: policy }),
  };
}

/** `missing` makes the error for a version that is not there. */
export function findLayerVersion(
  { layers }: Pick<LambdaRoom, 'layers'>,
  layer: LayerKey & { readonly version: number },
  missing: (arn: string) => Error = () => notFound('The resource you requested does not exist.'),
): LayerVersionRecord {
  checkVersionNumber(layer.version);
  const found = layers.find(layer);
  if (found === undefined) throw missing(layerVersionArn(layer));
  return found;
}

export function checkVersionNumber(version: number): void {
  if (version < 1) throw invalidParameter('Layer Version Cannot be less than 1');
}

export function layerVersionNotFound(arn: string): Error {
  return notFound(`Layer version ${arn} does not exist.`);
}
