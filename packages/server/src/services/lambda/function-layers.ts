/** The layers of a function: from the ARNs of a request to what the function keeps of them. */
import type { CodeReference, LayerReference } from '../../core/function-version.ts';
import type { Permission } from '../../core/operation.ts';
import { layerArn, parseLayerArn } from '../../functions/layer-record.ts';
import type { FunctionSettings } from '../../functions/function-record.ts';
import { layerVersionPermission } from './layer-address.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { invalidParameter } from './lambda-errors.ts';

/** Whoever gives layers to a function must be allowed to read each of them. */
export function layerPermissions(
  room: Pick<LambdaRoom, 'layers'>,
  arns: readonly string[] | undefined,
): readonly Permission[] {
  return (arns ?? []).flatMap((arn) => {
    const address = parseLayerArn(arn);
    return address === undefined
      ? []
      : [layerVersionPermission(room, 'GetLayerVersion', { version: 0, ...address })];
  });
}

/** `permission` with the layers that a policy may want to know of. */
export function withLayerKeys(
  permission: Permission,
  arns: readonly string[] | undefined,
): Permission {
  if (arns === undefined || arns.length === 0) return permission;
  return { ...permission, conditions: { ...permission.conditions, 'lambda:Layer': arns } };
}

/** Undefined where the request says nothing of layers. Throws for lists that AWS refuses. */
export function askedLayers(
  { layers, limits }: Pick<LambdaRoom, 'layers' | 'limits'>,
  arns: readonly string[] | undefined,
  region: string,
): readonly LayerReference[] | undefined {
  if (arns === undefined) return undefined;
  if (arns.length > limits.layers) {
    throw invalidParameter(`Cannot reference more than ${limits.layers} layers.`);
  }
  const byLayer = new Map<string, string>();
  return arns.map((arn) => {
    const { version = 0, ...layer } = parseLayerArn(arn) ?? unknownLayer(arn);
    if (layer.region !== region) {
      throw invalidParameter(
        `Layers are not in the same region as the function. Layers are expected to be in region ${region}.`,
      );
    }
    const found = layers.find({ ...layer, version }) ?? unknownLayer(arn);
    const earlier = byLayer.get(layerArn(layer));
    if (earlier !== undefined) {
      throw invalidParameter(
        `Two different versions of the same layer are not allowed to be referenced in the same function. ${earlier} and ${arn} are versions of the same layer.`,
      );
    }
    byLayer.set(layerArn(layer), arn);
    return { arn, code: found.code };
  });
}

/** Settings with these layers; with none for an empty list, as they are for undefined. */
export function withLayers<Settings extends Partial<FunctionSettings>>(
  settings: Settings,
  layers: readonly LayerReference[] | undefined,
): Settings {
  if (layers === undefined) return settings;
  const { layers: _, ...bare } = settings;
  return (layers.length === 0 ? bare : { ...bare, layers }) as Settings;
}

/** AWS counts the unzipped bytes of all together. */
export async function checkTotalSize(
  { code: store, limits }: Pick<LambdaRoom, 'code' | 'limits'>,
  code: CodeReference,
  layers: readonly LayerReference[] | undefined,
): Promise<void> {
  if (layers === undefined || layers.length === 0) return;
  const sizes = await Promise.all(layers.map((layer) => store.unzippedBytes(layer.code)));
  const most = limits.unzippedCodeBytes;
  const ofLayers = sizes.reduce((sum, each) => sum + each, 0);
  // Both sentences as users of AWS have posted them.
  if (ofLayers > most) {
    throw invalidParameter(`Layers consume more than the available size of ${most} bytes`);
  }
  const total = ofLayers + (await store.unzippedBytes(code));
  if (total > most) {
    throw invalidParameter(
      `Function code combined with layers exceeds the maximum allowed size of ${most} bytes. The actual size is ${total} bytes.`,
    );
  }
}

function unknownLayer(arn: string): never {
  throw invalidParameter(`Layer version ${arn} does not exist.`);
}
