/** Repositories of images and what is in them, as they are stored. Immutable. */
import type { ResourcePolicy } from '../core/operation.ts';

export interface RepositoryKey {
  readonly account: string;
  readonly region: string;
  /** `shop/pays` */
  readonly name: string;
}

export interface Repository extends RepositoryKey {
  readonly createdMs: number;
  readonly hasImmutableTags: boolean;
  readonly scansOnPush: boolean;
  readonly policy?: { readonly text: string; readonly document: ResourcePolicy };
  /** Kept and shown; nothing expires by it. */
  readonly lifecyclePolicy?: { readonly text: string; readonly setMs: number };
  readonly resourceTags: Readonly<Record<string, string>>;
  /** Digests by the tags of images. */
  readonly tags: Readonly<Record<string, string>>;
}

/** A manifest or an index that was pushed. */
export interface StoredImage extends RepositoryKey {
  readonly digest: string;
  readonly mediaType: string;
  /** Its bytes, as base64: its digest is that of these. */
  readonly manifest: string;
  readonly pushedMs: number;
}

/** A layer or configuration that was pushed, whose bytes are in the blob store. */
export interface StoredLayer extends RepositoryKey {
  readonly digest: string;
  readonly sizeBytes: number;
}

/** An image that functions run: kept whole, whatever becomes of the repository that it came from. */
export interface KeptImage {
  readonly digest: string;
  readonly mediaType: string;
  readonly manifest: string;
}

export function repositoryArn({ account, region, name }: RepositoryKey): string {
  return `arn:aws:ecr:${region}:${account}:repository/${name}`;
}

/** AWS: 2 to 256 characters. */
export function isRepositoryName(name: string): boolean {
  return name.length >= 2 && name.length <= 256 && REPOSITORY_NAME.test(name);
}

const REPOSITORY_NAME = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/;

export const IMAGE_TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
