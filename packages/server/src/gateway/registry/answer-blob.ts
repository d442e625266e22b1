/** The bytes of a layer or a configuration, or a range of them. */
import type { FileHandle } from 'node:fs/promises';
import type { OutgoingBody } from '../../core/object-body.ts';
import type { RepositoryKey } from '../../registry/repository.ts';
import type { RegistryCall } from './answer-registry.ts';
import { RegistryError } from './registry-error.ts';

export interface RegistryAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** In the place of `body`. */
  readonly stream?: OutgoingBody;
}

export async function answerBlob(
  { deps: { registry }, request: { head } }: Pick<RegistryCall, 'deps' | 'request'>,
  key: RepositoryKey,
  digest: string,
): Promise<RegistryAnswer> {
  const layer = registry.layer(key, digest);
  if (layer === undefined) {
    throw new RegistryError(404, 'BLOB_UNKNOWN', 'The blob is not known to the registry.');
  }
  const { sizeBytes } = layer;
  const headers = {
    'content-type': 'application/octet-stream',
    'docker-content-digest': digest,
    'accept-ranges': 'bytes',
    etag: `"${digest}"`,
  };
  if (head.method === 'HEAD') {
    return { status: 200, headers: { ...headers, 'content-length': String(sizeBytes) } };
  }
  const range = rangeOf(head.headers['range'], sizeBytes);
  const { start, end } = range ?? { start: 0, end: sizeBytes };
  const stream = bodyOf(await registry.open(digest), start, end);
  if (range === undefined) return { status: 200, headers, stream };
  const contentRange = `bytes ${start}-${end - 1}/${sizeBytes}`;
  return { status: 206, headers: { ...headers, 'content-range': contentRange }, stream };
}

interface ByteRange {
  readonly start: number;
  /** Behind the last byte. */
  readonly end: number;
}

/** Undefined for the whole; of several ranges, and of what is none, the whole is answered. */
function rangeOf(header: string | undefined, sizeBytes: number): ByteRange | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const end = first === '' || last === '' ? sizeBytes : Math.min(sizeBytes, Number(last) + 1);
  if (start < end) return { start, end };
  throw new RegistryError(416, 'RANGE_INVALID', 'There are no such bytes.', {
    'content-range': `bytes */${sizeBytes}`,
  });
}

const READ_BYTES = 262_144;

function bodyOf(file: FileHandle, start: number, end: number): OutgoingBody {
  let isTaken = false;
  return {
    size: end - start,
    async *[Symbol.asyncIterator]() {
      isTaken = true;
      await using handle = file;
      for (let at = start; at < end;) {
        const length = Math.min(READ_BYTES, end - at);
        const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(length), 0, length, at);
        if (bytesRead === 0) throw new Error('A content is shorter than recorded.');
        yield buffer.subarray(0, bytesRead);
        at += bytesRead;
      }
    },
    cancel: async () => {
      if (!isTaken) await file.close();
    },
  };
}
