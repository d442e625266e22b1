/** Images of other registries: those that the server's options name, and no others. */
import { AwsError } from '../../../core/aws-error.ts';
import { parseManifest, type Descriptor } from '../../../core/image/image-manifest.ts';
import { UnsupportedImage } from '../../../core/image/read-json.ts';
import { IMAGE_BYTES } from '../../../core/limits.ts';
import type { HeldBlob } from '../../../objects/blob-store.ts';
import { hexOf, partsOf, type ImageRegistry } from '../../../registry/image-registry.ts';
import { RemoteRefused, type RemoteRegistry } from '../../../registry/remote-registry.ts';
import type { ReadManifest } from './ecr-access.ts';
import type { ImageAddress } from './image-address.ts';
import { ImageProblem } from './image-problem.ts';

/** Undefined where there is no such image. Rejects with what the caller is told. */
export async function readRemoteManifest(
  remote: RemoteRegistry,
  { name, host }: ImageAddress,
  reference: string,
): Promise<ReadManifest | undefined> {
  try {
    return await remote.manifest(name, reference);
  } catch (error) {
    if (error instanceof RemoteRefused) {
      if (error.status === 404) return undefined;
      const isDenied = error.status === 401 || error.status === 403;
      const message = isDenied
        ? `The registry ${host} does not let Hearth read the image.`
        : error.message;
      throw new AwsError(
        isDenied ? 'AccessDeniedException' : 'ServiceException',
        isDenied ? 403 : 502,
        message,
        { cause: error },
      );
    }
    const message = `The registry ${host} cannot be reached, or does not answer as a registry does.`;
    throw new AwsError('ServiceException', 502, message, { cause: error });
  }
}

/** Makes a function's image independent of the registry that it is in. */
export async function pullImage(
  registry: ImageRegistry,
  remote: RemoteRegistry,
  { name }: ImageAddress,
  digest: string,
): Promise<void> {
  if (registry.kept.manifest(digest) !== undefined) return;
  const held: HeldBlob[] = [];
  try {
    const { bytes, mediaType } = await remote.manifest(name, digest);
    const manifest = parseManifest(bytes, mediaType);
    if (manifest.kind === 'index') throw new UnsupportedImage('An index is no image.');
    const parts = partsOf(manifest);
    if (parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) > IMAGE_BYTES) {
      throw new UnsupportedImage('The image is larger than 10 GB.');
    }
    for (const part of parts) held.push(await fetchPart(registry, remote, name, part));
    await registry.keep({
      digest,
      mediaType: manifest.mediaType,
      manifest: Buffer.from(bytes).toString('base64'),
    });
    for (const blob of held) blob.release();
  } catch (error) {
    for (const blob of held) blob.discard();
    throw asProblem(error);
  }
}

async function fetchPart(
  { blobs }: ImageRegistry,
  remote: RemoteRegistry,
  name: string,
  { digest, sizeBytes }: Descriptor,
): Promise<HeldBlob> {
  const known = await blobs.hold(hexOf(digest));
  if (known !== undefined) return known;
  return await blobs.write(bounded(await remote.blob(name, digest), sizeBytes), {
    digests: [],
    accept: ({ sha256 }) => {
      if (sha256 !== hexOf(digest)) throw new UnsupportedImage(`${digest} has other bytes.`);
    },
  });
}

async function* bounded(
  chunks: AsyncIterable<Uint8Array>,
  sizeBytes: number,
): AsyncGenerator<Uint8Array> {
  let left = sizeBytes;
  for await (const chunk of chunks) {
    left -= chunk.byteLength;
    if (left < 0) throw new UnsupportedImage('A part is larger than its manifest says.');
    yield chunk;
  }
}

function asProblem(error: unknown): unknown {
  if (error instanceof UnsupportedImage) {
    return new ImageProblem('InvalidImage', error.message, error);
  }
  if (!(error instanceof RemoteRefused)) return error;
  const isDenied = error.status === 401 || error.status === 403;
  return new ImageProblem(
    isDenied ? 'ImageAccessDenied' : error.status === 404 ? 'ImageDeleted' : 'InternalError',
    error.message,
    error,
  );
}
