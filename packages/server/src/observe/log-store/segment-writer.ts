/**
 * Appends to the last segment of a group. Batches that arrive while one is being written are
 * written together, so that they share one fdatasync. A failed write is cut off again: only what
 * was acknowledged stays.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { syncFolder } from '../../lib/sync-folder.ts';
import { writeAll } from '../../lib/write-all.ts';
import { segmentFile } from './segment-file.ts';

export interface SegmentWriter {
  readonly segment: number;
  /** Bytes that are durable. */
  readonly length: number;
  /** Resolves with the offset of the first byte once it is durable. */
  append(bytes: Uint8Array): Promise<number>;
  /** Closes the file until the next append; what is under way is finished first. */
  release(): Promise<void>;
}

interface Batch {
  readonly bytes: Uint8Array;
  readonly written: PromiseWithResolvers<number>;
}

export function createSegmentWriter(
  folder: string,
  segment: number,
  initialLength: number,
): SegmentWriter {
  let length = initialLength;
  let file: FileHandle | undefined;
  let queue: Batch[] = [];
  let draining: Promise<void> | undefined;

  const drain = async (): Promise<void> => {
    while (queue.length > 0) {
      const batches = queue;
      queue = [];
      await writeTogether(batches);
    }
    draining = undefined;
  };
  const writeTogether = async (batches: readonly Batch[]): Promise<void> => {
    try {
      file ??= await openSegment(folder, segment);
      const bytes = Buffer.concat(batches.map((batch) => batch.bytes));
      await writeAll(file, bytes, length);
      await file.datasync();
    } catch (error) {
      // If this fails too, the next write goes over the same place.
      await file?.truncate(length).catch(() => {});
      for (const { written } of batches) written.reject(error);
      return;
    }
    for (const { bytes, written } of batches) {
      written.resolve(length);
      length += bytes.byteLength;
    }
  };
  return {
    segment,
    get length() {
      return length;
    },
    append: (bytes) => {
      const written = Promise.withResolvers<number>();
      queue.push({ bytes, written });
      draining ??= drain();
      return written.promise;
    },
    release: async () => {
      await draining;
      const held = file;
      file = undefined;
      await held?.close();
    },
  };
}

async function openSegment(folder: string, segment: number): Promise<FileHandle> {
  const name = segmentFile(folder, segment);
  try {
    return await open(name, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const file = await open(name, 'wx+', 0o600);
  // The name of a new file is durable only with its folder.
  await syncFolder(folder);
  return file;
}
