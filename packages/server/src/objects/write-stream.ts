/**
 * Chunks to a file, with no more than two batches in memory: while one is being written, the next
 * is received. Every few megabytes the disk is told to begin, so that the sync at the end waits
 * for little.
 */
import type { FileHandle } from 'node:fs/promises';
import { releaseBuffer } from '../lib/young-buffers.ts';

/**
 * One write each: small enough that the disk is busy while the rest of a megabyte comes and is
 * hashed; a pool thread and a promise for every 64 KB would cost more than the copy.
 */
const BATCH_BYTES = 262_144;
const FLUSH_BYTES = 8 * 1_048_576;

/** Resolves with the number of bytes; not yet synced. */
export async function writeStream(
  handle: FileHandle,
  chunks: AsyncIterable<Uint8Array>,
  onChunk: (chunk: Uint8Array) => void,
): Promise<number> {
  let size = 0;
  let batch: Uint8Array[] = [];
  let batchBytes = 0;
  let sinceFlush = 0;
  let writing: Promise<unknown> = Promise.resolve();
  let flushing: Promise<unknown> = Promise.resolve();
  try {
    for await (const chunk of chunks) {
      onChunk(chunk);
      size += chunk.byteLength;
      batch.push(chunk);
      batchBytes += chunk.byteLength;
      if (batchBytes < BATCH_BYTES) continue;
      await writing;
      releaseBuffer(batchBytes);
      writing = quiet(writeAll(handle, batch, batchBytes));
      sinceFlush += batchBytes;
      [batch, batchBytes] = [[], 0];
      if (sinceFlush < FLUSH_BYTES) continue;
      await flushing;
      flushing = quiet(writing.then(() => handle.datasync()));
      sinceFlush = 0;
    }
    await writing;
    if (batchBytes > 0) await writeAll(handle, batch, batchBytes);
    await flushing;
    return size;
  } catch (error) {
    await Promise.allSettled([writing, flushing]);
    throw error;
  }
}

/** Awaited later: until then its failure is nobody's unhandled rejection. */
function quiet<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return work;
}

async function writeAll(
  handle: FileHandle,
  chunks: readonly Uint8Array[],
  bytes: number,
): Promise<void> {
  const { bytesWritten } = await handle.writev([...chunks]);
  if (bytesWritten === bytes) return;
  const rest = Buffer.concat(chunks).subarray(bytesWritten);
  // A short write is followed by one that says why, or finishes.
  for (let at = 0; at < rest.byteLength;) {
    at += (await handle.write(rest, at)).bytesWritten;
  }
}
