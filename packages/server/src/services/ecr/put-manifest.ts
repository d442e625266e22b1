/** A manifest is put into a repository: by PutImage, and by clients that push. */
import { createHash } from 'node:crypto';
import { AwsError } from '../../core/aws-error.ts';
import { MANIFEST_BYTES, parseManifest } from '../../core/image/image-manifest.ts';
import { UnsupportedImage } from '../../core/image/read-json.ts';
import { partsOf } from '../../registry/image-registry.ts';
import type { Repository, StoredImage } from '../../registry/repository.ts';
import type { EcrRoom } from './ecr-deps.ts';
import { invalidParameter, limitExceeded, tagIsTaken } from './ecr-errors.ts';

export interface Put {
  readonly bytes: Uint8Array;
  readonly mediaType: string | undefined;
  readonly tag: string | undefined;
  /** That it is to have. */
  readonly digest: string | undefined;
  /** Whether the same again is no mistake. */
  readonly isRepeatable: boolean;
}

/** Of one account: more than a hundred thousand images of the usual size. */
const MANIFESTS_BYTES = 268_435_456;

export async function putManifest(
  { registry, clock }: Pick<EcrRoom, 'registry' | 'clock'>,
  repository: Repository,
  { bytes, mediaType, tag, digest: wanted, isRepeatable }: Put,
): Promise<StoredImage> {
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (wanted !== undefined && wanted !== digest) {
    throw new AwsError(
      'ImageDigestDoesNotMatchException',
      400,
      `Image digest '${wanted}' does not match the digest calculated '${digest}'`,
    );
  }
  const type = checkParts(registry, repository, bytes, mediaType);
  const tagged = tag === undefined ? undefined : repository.tags[tag];
  const known = registry.image(repository, digest);
  const isThere = known !== undefined && (tag === undefined || tagged === digest);
  if (isThere && !isRepeatable) {
    throw new AwsError(
      'ImageAlreadyExistsException',
      400,
      `Image with digest '${digest}' and tag '${tag ?? null}' already exists in the repository with name '${repository.name}' in registry with id '${repository.account}'`,
    );
  }
  if (
    tag !== undefined &&
    tagged !== undefined &&
    tagged !== digest &&
    repository.hasImmutableTags
  ) {
    throw tagIsTaken(repository, tag);
  }
  const { account, region, name } = repository;
  const isFull = registry.manifestBytes(account) + bytes.byteLength > MANIFESTS_BYTES;
  if (known === undefined && isFull) throw limitExceeded();
  const image: StoredImage = known ?? {
    account,
    region,
    name,
    digest,
    mediaType: type,
    manifest: Buffer.from(bytes).toString('base64'),
    pushedMs: clock.nowMs(),
  };
  await registry.put(image, tag);
  return image;
}

/** Its media type; throws where it is none, or names what has not been pushed. */
function checkParts(
  registry: EcrRoom['registry'],
  repository: Repository,
  bytes: Uint8Array,
  mediaType: string | undefined,
): string {
  if (bytes.byteLength > MANIFEST_BYTES) throw invalidParameter('The manifest is too large.');
  let manifest;
  try {
    manifest = parseManifest(bytes, mediaType);
  } catch (error) {
    if (!(error instanceof UnsupportedImage)) throw error;
    throw invalidParameter(
      `Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax or unsupported manifest: ${error.message}'`,
    );
  }
  const missing =
    manifest.kind === 'image'
      ? partsOf(manifest).filter(({ digest }) => registry.layer(repository, digest) === undefined)
      : [];
  if (missing.length > 0) {
    throw new AwsError(
      'LayersNotFoundException',
      400,
      `The layers with digests '[${missing.map(({ digest }) => digest).join(', ')}]' required for pushing image into repository with name '${repository.name}' in the registry with id '${repository.account}' do not exist`,
    );
  }
  const absent =
    manifest.kind === 'index'
      ? manifest.manifests.filter(({ digest }) => registry.image(repository, digest) === undefined)
      : [];
  if (absent.length === 0) return manifest.mediaType;
  throw new AwsError(
    'ReferencedImagesNotFoundException',
    400,
    `The referenced images with digests '[${absent.map(({ digest }) => digest).join(', ')}]' do not exist in the repository with name '${repository.name}' in the registry with id '${repository.account}'`,
  );
}
