/** Makes a function's image independent of the repository that it is in. */
import { parseManifest } from '../../../core/image/image-manifest.ts';
import { UnsupportedImage } from '../../../core/image/read-json.ts';
import type { HeldBlob } from '../../../objects/blob-store.ts';
import {
  bytesOfManifest,
  hexOf,
  partsOf,
  type ImageRegistry,
} from '../../../registry/image-registry.ts';
import type { RepositoryKey } from '../../../registry/repository.ts';
import { ImageProblem } from './image-problem.ts';

export async function keepImage(
  registry: ImageRegistry,
  repository: RepositoryKey,
  digest: string,
): Promise<void> {
  if (registry.kept.manifest(digest) !== undefined) return;
  const image = registry.image(repository, digest);
  if (image === undefined) throw deleted();
  const manifest = parseManifest(bytesOfManifest(image), image.mediaType);
  if (manifest.kind === 'index') throw new UnsupportedImage('An index is no image.');
  const held: HeldBlob[] = [];
  try {
    for (const part of partsOf(manifest)) {
      const blob = await registry.blobs.hold(hexOf(part.digest));
      if (blob === undefined) throw deleted();
      held.push(blob);
    }
    const { mediaType, manifest: bytes } = image;
    await registry.keep({ digest, mediaType, manifest: bytes });
  } finally {
    for (const blob of held) blob.release();
  }
}

function deleted(): ImageProblem {
  return new ImageProblem('ImageDeleted', 'The image is not in its repository any more.');
}
