/** What the content thread does with files. Short calls are made at once, syncs in Node's pool. */
import {
  closeSync,
  fdatasync,
  fsync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writevSync,
} from 'node:fs';
import { promisify } from 'node:util';

export interface ContentDisk {
  /** Answers its descriptor. */
  create(file: string): number;
  write(descriptor: number, chunks: readonly Uint8Array[]): void;
  /** Makes the bytes durable. */
  sync(descriptor: number): Promise<void>;
  exists(file: string): boolean;
  rename(file: string, place: string): void;
  /** Makes the names in it durable. */
  syncFolder(folder: string): Promise<void>;
  close(descriptor: number): void;
  remove(file: string): void;
}

const [datasyncAsync, syncAsync] = [promisify(fdatasync), promisify(fsync)];

export const systemDisk: ContentDisk = {
  create: (file) => openSync(file, 'wx', 0o600),
  write(descriptor, chunks) {
    const written = writevSync(descriptor, chunks);
    const rest = chunks.reduce((sum, each) => sum + each.byteLength, 0) - written;
    // A short write is followed by one that says why, or finishes.
    if (rest > 0) this.write(descriptor, [Buffer.concat(chunks).subarray(written)]);
  },
  sync: (descriptor) => datasyncAsync(descriptor),
  exists: (file) => statSync(file, { throwIfNoEntry: false }) !== undefined,
  rename: renameSync,
  async syncFolder(folder) {
    const descriptor = openSync(folder, 'r');
    try {
      await syncAsync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  },
  close: closeSync,
  remove: (file) => rmSync(file, { force: true }),
};
