/** Manifests by tag or digest, and the list of tags. */
import { DIGEST } from '../../core/image/read-json.ts';
import { MANIFEST_BYTES } from '../../core/image/image-manifest.ts';
import { imageAt, type ImageAddress } from '../../registry/find-image.ts';
import { bytesOfManifest } from '../../registry/image-registry.ts';
import { IMAGE_TAG, type Repository, type RepositoryKey } from '../../registry/repository.ts';
import { putManifest } from '../../services/ecr/put-manifest.ts';
import { readBody } from '../read-body.ts';
import type { RegistryAnswer } from './answer-blob.ts';
import type { RegistryCall } from './answer-registry.ts';
import { RegistryError } from './registry-error.ts';

export async function answerManifest(
  call: RegistryCall,
  key: RepositoryKey,
  reference: string,
): Promise<RegistryAnswer> {
  const { registry } = call.deps;
  const { method } = call.request.head;
  const repository = registry.repository(key);
  if (repository === undefined) throw unknownManifest();
  if (method === 'PUT') return await put(call, repository, reference);
  const asked = addressOf(reference);
  const image = imageAt(registry, repository, asked);
  if (image === undefined) throw unknownManifest();
  if (method === 'DELETE') {
    if (asked.imageTag !== undefined) await registry.untag(repository, asked.imageTag);
    else if (registry.indexesOf(image).length === 0) await registry.removeImage(image);
    else throw new RegistryError(405, 'UNSUPPORTED', 'An index in the repository names the image.');
    return { status: 202, headers: {} };
  }
  const headers = { 'content-type': image.mediaType, 'docker-content-digest': image.digest };
  return { status: 200, headers, body: bytesOfManifest(image) };
}

export function answerTags(
  { deps: { registry }, request: { head } }: RegistryCall,
  key: RepositoryKey,
): RegistryAnswer {
  const asked = new URLSearchParams(head.query);
  const last = asked.get('last');
  const all = Object.keys(registry.repository(key)?.tags ?? {})
    .toSorted()
    .filter((tag) => last === null || tag > last);
  const count = Number(asked.get('n') ?? MOST_TAGS);
  const most = Number.isInteger(count) && count >= 0 ? Math.min(count, MOST_TAGS) : MOST_TAGS;
  const tags = all.slice(0, most);
  const lastShown = tags.at(-1);
  const next = `</v2/${key.name}/tags/list?n=${most}&last=${lastShown}>; rel="next"`;
  const hasMore = lastShown !== undefined && tags.length < all.length;
  return {
    status: 200,
    headers: { 'content-type': 'application/json', ...(hasMore ? { link: next } : {}) },
    body: Buffer.from(JSON.stringify({ name: key.name, tags })),
  };
}

/** As on AWS. */
const MOST_TAGS = 1_000;

async function put(
  { deps, request }: RegistryCall,
  repository: Repository,
  reference: string,
): Promise<RegistryAnswer> {
  const giveBack = request.bodies.take(MANIFEST_BYTES);
  if (giveBack === undefined) {
    throw new RegistryError(429, 'TOOMANYREQUESTS', 'Please reduce your request rate.');
  }
  try {
    const read = await readBody(request.message, MANIFEST_BYTES);
    if (read.kind !== 'whole') {
      throw new RegistryError(413, 'SIZE_INVALID', 'The manifest is too large.');
    }
    const { imageTag: tag, imageDigest: digest } = addressOf(reference);
    const image = await putManifest(deps, repository, {
      bytes: read.body,
      mediaType: request.head.headers['content-type'],
      tag,
      digest,
      isRepeatable: true,
    });
    const location = `/v2/${repository.name}/manifests/${image.digest}`;
    return { status: 201, headers: { location, 'docker-content-digest': image.digest } };
  } finally {
    giveBack();
  }
}

function addressOf(reference: string): ImageAddress {
  if (DIGEST.test(reference)) return { imageDigest: reference };
  if (IMAGE_TAG.test(reference)) return { imageTag: reference };
  throw new RegistryError(400, 'TAG_INVALID', 'The tag is not valid.');
}

function unknownManifest(): RegistryError {
  return new RegistryError(404, 'MANIFEST_UNKNOWN', 'Requested image not found');
}
