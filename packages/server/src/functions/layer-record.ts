/** One version of a layer as it is stored. Immutable but for its policy. */
import type { Architecture, CodeReference } from '../core/function-version.ts';
import type { ResourcePolicy } from '../core/operation.ts';

export interface LayerKey {
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

export interface LayerVersionRecord extends LayerKey {
  readonly version: number;
  readonly createdMs: number;
  readonly description: string;
  readonly code: CodeReference;
  /** As the publisher named them; absent where it named none. Nothing is enforced by them. */
  readonly runtimes?: readonly string[];
  readonly architectures?: readonly Architecture[];
  readonly licenseInfo?: string;
  /** It stands here for a layer of somebody else. */
  readonly isImported?: true;
  readonly policy?: ResourcePolicy;
  /** Of the policy. */
  readonly revisionId?: string;
}

export function layerArn({ account, region, name }: LayerKey): string {
  return `arn:aws:lambda:${region}:${account}:layer:${name}`;
}

export function layerVersionArn(layer: LayerKey & { readonly version: number }): string {
  return `${layerArn(layer)}:${layer.version}`;
}

export interface LayerAddress extends LayerKey {
  /** Where the text named one. */
  readonly version?: number;
}

/** Of the ARN of a layer or of a layer version; undefined for any other text. */
export function parseLayerArn(arn: string): LayerAddress | undefined {
  const groups =
    /^arn:aws[a-z-]*:lambda:(?<region>[a-z0-9-]+):(?<account>\d{12}):layer:(?<name>[\w-]+)(:(?<version>\d+))?$/.exec(
      arn,
    )?.groups;
  if (groups === undefined) return undefined;
  const { region = '', account = '', name = '', version } = groups;
  return { region, account, name, ...(version === undefined ? {} : { version: Number(version) }) };
}
