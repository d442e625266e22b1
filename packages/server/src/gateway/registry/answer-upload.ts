/** Layers on their way in: in one piece, in several, or taken from another repository. */
import { DIGEST } from '../../core/image/read-json.ts';
import { isRepositoryName, type RepositoryKey } from '../../registry/repository.ts';
import type { RegistryAnswer } from './answer-blob.ts';
import type { RegistryCall } from './answer-registry.ts';
import { rangeOf, RegistryError } from './registry-error.ts';

/** What of a body is in memory at once. */
const STREAM_BYTES = 1_048_576;

export async function beginUpload(call: RegistryCall, key: RepositoryKey): Promise<RegistryAnswer> {
  const { uploads } = call.deps;
  const asked = new URLSearchParams(call.request.head.query);
  const mounted = asked.get('mount');
  if (mounted !== null && (await isMounted(call, key, mounted, asked.get('from')))) {
    return created(key, mounted);
  }
  const digest = asked.get('digest');
  if (digest !== null) {
    call.authorise('CompleteLayerUpload', key);
    await receive(call, (chunks) => uploads.store(key, chunks, checked(digest)));
    return created(key, digest);
  }
  const id = await uploads.begin(key);
  return { status: 202, headers: progress(key, id, 0) };
}

export async function answerUpload(
  call: RegistryCall,
  key: RepositoryKey,
  id: string,
): Promise<RegistryAnswer> {
  const { uploads } = call.deps;
  const { head } = call.request;
  switch (head.method) {
    case 'PATCH': {
      const start = /^(\d+)-\d+$/.exec(head.headers['content-range'] ?? '')?.[1];
      const from = start === undefined ? undefined : Number(start);
      const size = await receive(call, (chunks) => uploads.append(key, id, chunks, from));
      return { status: 202, headers: progress(key, id, size) };
    }
    case 'PUT': {
      const digest = checked(new URLSearchParams(head.query).get('digest'));
      await receive(call, (chunks) => uploads.append(key, id, chunks));
      await uploads.complete(key, id, digest);
      return created(key, digest);
    }
    case 'DELETE':
      await uploads.cancel(key, id);
      return { status: 204, headers: {} };
    default:
      return { status: 204, headers: progress(key, id, uploads.sizeBytes(key, id)) };
  }
}

/** Of the body no more is held than `STREAM_BYTES`; the listener counts them. */
async function receive<T>(
  { request: { bodies, message } }: RegistryCall,
  use: (chunks: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const giveBack = bodies.take(STREAM_BYTES);
  if (giveBack === undefined) {
    throw new RegistryError(429, 'TOOMANYREQUESTS', 'Please reduce your request rate.');
  }
  try {
    return await use(message.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>);
  } finally {
    giveBack();
  }
}

/** Who may read it there need not send it again. Otherwise it is sent, whatever the reason. */
async function isMounted(
  call: RegistryCall,
  key: RepositoryKey,
  digest: string,
  from: string | null,
): Promise<boolean> {
  if (from === null || !isRepositoryName(from) || !DIGEST.test(digest)) return false;
  const source = { ...key, name: from };
  if (call.deps.registry.layer(source, digest) === undefined) return false;
  try {
    call.authorise('GetDownloadUrlForLayer', source);
  } catch {
    return false;
  }
  return await call.deps.uploads.mount(key, digest);
}

function created({ name }: RepositoryKey, digest: string): RegistryAnswer {
  const location = `/v2/${name}/blobs/${digest}`;
  return { status: 201, headers: { location, 'docker-content-digest': digest } };
}

function progress({ name }: RepositoryKey, id: string, size: number): Record<string, string> {
  const location = `/v2/${name}/blobs/uploads/${id}`;
  return { location, range: rangeOf(size), 'docker-upload-uuid': id };
}

function checked(digest: string | null): string {
  if (digest !== null && DIGEST.test(digest)) return digest;
  throw new RegistryError(400, 'DIGEST_INVALID', 'The digest is not a SHA-256.');
}
