/**
 * What a registry says of an image, as OCI's image specification and Docker's schema 2 write it:
 * the manifest of one image, or an index of the manifests of several platforms. Everything here was
 * written by strangers; whatever is not as it should be is an `UnsupportedImage`. Pure.
 */
import type { Architecture } from '../function-version.ts';
import {
  asObject,
  digestOf,
  listOf,
  sizeOf,
  textOf,
  UnsupportedImage,
  type Json,
} from './read-json.ts';

export interface Descriptor {
  readonly mediaType: string;
  /** `sha256:` and 64 digits. */
  readonly digest: string;
  readonly sizeBytes: number;
}

export interface ImageManifest {
  readonly kind: 'image';
  readonly mediaType: string;
  readonly config: Descriptor;
  /** The lowest first. */
  readonly layers: readonly Descriptor[];
}

export interface ImageIndex {
  readonly kind: 'index';
  readonly mediaType: string;
  readonly manifests: readonly (Descriptor & { readonly platform?: Platform })[];
}

interface Platform {
  readonly os: string;
  readonly architecture: string;
}

export const MANIFEST_TYPES: readonly string[] = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];
export const INDEX_TYPES: readonly string[] = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const [OCI_MANIFEST = ''] = MANIFEST_TYPES;
const [OCI_INDEX = ''] = INDEX_TYPES;
const CONFIG_TYPES: readonly string[] = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
];
/** A tar, plain or compressed by gzip or zstd, also those that registries are not to hold. */
const LAYER_TYPE =
  /^application\/vnd\.(?:oci\.image\.layer(?:\.nondistributable)?\.v1\.tar(?:\+gzip|\+zstd)?|docker\.image\.rootfs\.(?:foreign\.)?diff\.tar(?:\.gzip|\.zstd)?)$/;
/** Docker's engine has no more. */
const MOST_LAYERS = 127;
/** As registries bound them. */
export const MANIFEST_BYTES = 4 * 1_048_576;

/** `mediaType` is what the registry calls it, where the text itself does not say. */
export function parseManifest(bytes: Uint8Array, mediaType?: string): ImageManifest | ImageIndex {
  const json = asObject(bytes, 'The manifest');
  if (json['schemaVersion'] !== 2) throw new UnsupportedImage('The manifest is of an old schema.');
  const isIndex = Array.isArray(json['manifests']);
  const guessed = isIndex ? OCI_INDEX : OCI_MANIFEST;
  const type = optionalText(json['mediaType']) ?? mediaType ?? guessed;
  if (INDEX_TYPES.includes(type) && isIndex)
    return { kind: 'index', mediaType: type, manifests: manifestsOf(json) };
  if (!MANIFEST_TYPES.includes(type)) throw new UnsupportedImage(`'${type}' is not known here.`);
  const layers = listOf(json['layers'], 'layers').map((each) => descriptorOf(each, 'layer'));
  if (layers.length > MOST_LAYERS) throw new UnsupportedImage(`It has ${layers.length} layers.`);
  return { kind: 'image', mediaType: type, config: descriptorOf(json['config'], 'config'), layers };
}

/** Throws where it is not an image whose layers are file systems: a chart, a signature. */
export function checkImageTypes({ config, layers }: ImageManifest): void {
  const unknown = [
    ...(CONFIG_TYPES.includes(config.mediaType) ? [] : [config]),
    ...layers.filter(({ mediaType }) => !LAYER_TYPE.test(mediaType)),
  ][0];
  if (unknown !== undefined)
    throw new UnsupportedImage(`'${unknown.mediaType}' is not known here.`);
}

/** The manifest of this machine's kind; undefined where the index has none. */
export function chooseManifest(
  { manifests }: ImageIndex,
  architecture: Architecture,
): Descriptor | undefined {
  const wanted = GO_ARCHITECTURES[architecture];
  return manifests.find(
    ({ platform }) => platform?.os === 'linux' && platform.architecture === wanted,
  );
}

/** As images call them. */
export const GO_ARCHITECTURES: Readonly<Record<Architecture, string>> = {
  x86_64: 'amd64',
  arm64: 'arm64',
};

function manifestsOf(json: Json): ImageIndex['manifests'] {
  return listOf(json['manifests'], 'manifests').map((each) => {
    const descriptor = descriptorOf(each, 'manifest');
    const platform = (each as Json)['platform'] as Json | undefined;
    if (typeof platform !== 'object' || platform === null) return descriptor;
    const [os, architecture] = [platform['os'], platform['architecture']];
    if (typeof os !== 'string' || typeof architecture !== 'string') return descriptor;
    return { ...descriptor, platform: { os, architecture } };
  });
}

function descriptorOf(value: unknown, name: string): Descriptor {
  if (typeof value !== 'object' || value === null) throw new UnsupportedImage(`It has no ${name}.`);
  const json = value as Json;
  return {
    mediaType: textOf(json['mediaType'], `mediaType of the ${name}`),
    digest: digestOf(json['digest']),
    sizeBytes: sizeOf(json['size']),
  };
}

function optionalText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
