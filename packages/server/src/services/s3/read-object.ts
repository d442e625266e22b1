/** The bytes of an object, or of a range of it, across its segments. */
import type { FileHandle } from 'node:fs/promises';
import type { OutgoingBody } from '../../core/object-body.ts';
import { releaseBuffer } from '../../lib/young-buffers.ts';
import type { ObjectVersion, Segment } from '../../objects/object-version.ts';
import type { BlobStore } from '../../objects/blob-store.ts';

export interface ByteRange {
  readonly start: number;
  /** Behind the last byte. */
  readonly end: number;
}

const READ_BYTES = 262_144;

interface Piece extends ByteRange {
  readonly segment: Segment;
}

/**
 * The first file is opened now: a content that has just been replaced is a rejection here, and
 * one that is replaced later stays readable through its open file. `BlobMissing` says: look again.
 */
export async function openObject(
  blobs: BlobStore,
  { details }: ObjectVersion,
  range: ByteRange,
): Promise<OutgoingBody> {
  const pieces = piecesOf(details.segments, range);
  const [first] = pieces;
  const handle = first === undefined ? undefined : await blobs.open(first.segment.sha256);
  let isTaken = false;
  return {
    size: range.end - range.start,
    [Symbol.asyncIterator]() {
      isTaken = true;
      return read(blobs, pieces, handle);
    },
    cancel: async () => {
      if (!isTaken) await handle?.close();
    },
  };
}

function piecesOf(segments: readonly Segment[], { start, end }: ByteRange): readonly Piece[] {
  const pieces: Piece[] = [];
  let offset = 0;
  for (const segment of segments) {
    const from = Math.max(start - offset, 0);
    const to = Math.min(end - offset, segment.size);
    if (from < to) pieces.push({ segment, start: from, end: to });
    offset += segment.size;
  }
  return pieces;
}

async function* read(
  blobs: BlobStore,
  pieces: readonly Piece[],
  opened: FileHandle | undefined,
): AsyncGenerator<Uint8Array> {
  for (const [index, { segment, start, end }] of pieces.entries()) {
    const ready = index === 0 ? opened : undefined;
    await using handle = ready ?? (await blobs.open(segment.sha256));
    for (let at = start; at < end;) {
      const length = Math.min(READ_BYTES, end - at);
      const buffer = Buffer.allocUnsafeSlow(length);
      const { bytesRead } = await handle.read(buffer, 0, length, at);
      if (bytesRead === 0)
        throw new Error(`The content ${segment.sha256} is shorter than recorded.`);
      yield bytesRead === length ? buffer : buffer.subarray(0, bytesRead);
      releaseBuffer(length);
      at += bytesRead;
    }
  }
}
