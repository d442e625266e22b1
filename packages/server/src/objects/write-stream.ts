/**
 * Chunks to a file and to their digests, with a few batches in memory: while one is being written
 * and hashed, the next is received. Every few megabytes the disk is told to begin, so that the sync at the end waits
 * for little.
 */
import type { FileHandle } from 'node:fs/promises';
import type { Digests, RunningDigests } from './digester.ts';

/**
 * One write each: small enough that the disk is busy while the rest of a megabyte comes and is
 * hashed; a pool thread and a promise for every 64 KB would cost more than the copy.
 */
const BATCH_BYTES = 262_144;
const FLUSH_BYTES = 8 * 1_048_576;

export interface WrittenStream {
  readonly sizeBytes: number;
  readonly digests: Digests;
}

/** Not yet synced. The chunks are used up. */
export async function writeStream(
  handle: FileHandle,
  chunks: AsyncIterable<Uint8Array>,
  running: RunningDigests,
): Promise<WrittenStream> {
  let sizeBytes = 0;
  let batch: Uint8Array[] = [];
  let batchBytes = 0;
  let sinceFlush = 0;
  let passing: Promise<unknown> = Promise.resolve();
  let flushing: Promise<unknown> = Promise.resolve();
  try {
    for await (const chunk of chunks) {
      sizeBytes += chunk.byteLength;
      batch.push(chunk);
      batchBytes += chunk.byteLength;
      if (batchBytes < BATCH_BYTES) continue;
      await passing;
      passing = quiet(pass(handle, batch, batchBytes, running));
      sinceFlush += batchBytes;
      [batch, batchBytes] = [[], 0];
      if (sinceFlush < FLUSH_BYTES) continue;
      await flushing;
      flushing = quiet(passing.then(() => handle.datasync()));
      sinceFlush = 0;
    }
    await passing;
    if (batchBytes > 0) await writeAll(handle, batch, batchBytes);
    await flushing;
    return { sizeBytes, digests: await running.finish(batch) };
  } catch (error) {
    await Promise.allSettled([passing, flushing]);
    // Behind the last batch: it would wait for a body that is gone, or begin one that nobody ends.
    running.cancel();
    throw error;
  }
}

/** To the disk, then to be hashed: hashing takes the memory away. */
async function pass(
  handle: FileHandle,
  batch: readonly Uint8Array[],
  bytes: number,
  running: RunningDigests,
): Promise<void> {
  await writeAll(handle, batch, bytes);
  await running.update(batch);
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
