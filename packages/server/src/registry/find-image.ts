/** An image of a repository by its tag or its digest. Pure. */
import type { ImageRegistry } from './image-registry.ts';
import type { Repository, StoredImage } from './repository.ts';

export interface ImageAddress {
  readonly imageDigest?: string | undefined;
  readonly imageTag?: string | undefined;
}

/** Where both are said, both must hold. */
export function imageAt(
  registry: ImageRegistry,
  repository: Repository,
  { imageDigest, imageTag }: ImageAddress,
): StoredImage | undefined {
  // A tag may be called as what every object has (`constructor`).
  const isTagged = imageTag !== undefined && Object.hasOwn(repository.tags, imageTag);
  const tagged = isTagged ? repository.tags[imageTag] : undefined;
  const digest = imageDigest ?? tagged;
  if (digest === undefined || (imageTag !== undefined && tagged !== digest)) return undefined;
  return registry.image(repository, digest);
}

export function tagsOfImage({ tags }: Repository, { digest }: StoredImage): readonly string[] {
  return Object.entries(tags)
    .filter(([, each]) => each === digest)
    .map(([tag]) => tag);
}
