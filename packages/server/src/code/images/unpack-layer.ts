/**
 * Takes a layer's tar apart: the bytes of its files into numbered files of a folder, everything else
 * into the list of its entries. Runs in a worker thread, and holds one chunk in memory.
 *
 * No name of the archive becomes a name on this disk. Devices, pipes and extended attributes have no
 * place in a sandbox and are left out. Both hashes are made as the bytes flow by: that of the archive
 * as it came is compared by us, that of the plain tar by who knows what the image says of it.
 */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, fchmodSync, futimesSync, openSync, readSync, writeSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { extract, type Extract, type Headers } from 'tar-stream';
import { CodeRejected } from '../code-rejected.ts';
import { layerPath, whiteoutOf, type LayerEntry, type UnpackedLayer } from './layer-entry.ts';

export interface LayerSource {
  /** A descriptor of this process; read from its begin, not closed. */
  readonly descriptor: number;
  /** Hex: the hash of the bytes as they are there. */
  readonly sha256: string;
  /** A folder that exists and is empty. */
  readonly target: string;
  /** What its files may hold together. */
  readonly mostBytes: number;
}

/** More than any layer has; what is made to have more stops here. */
const MOST_ENTRIES = 524_288;
/** PATH_MAX. */
const LINK_BYTES = 4_095;
const CHUNK_BYTES = 1_048_576;

export async function unpackLayer(source: LayerSource): Promise<UnpackedLayer> {
  const [archive, tar] = [createHash('sha256'), createHash('sha256')];
  const sink = extract();
  const bytes = hashed(decompressed(hashed(bytesOf(source.descriptor), archive)), tar);
  try {
    const [entries] = await Promise.all([unpackEntries(sink, source), feed(sink, bytes)]);
    if (archive.digest('hex') !== source.sha256) throw new DamagedLayer('Its hash is another.');
    return { diffId: tar.digest('hex'), entries };
  } catch (error) {
    sink.destroy();
    const isTold = error instanceof CodeRejected || error instanceof DamagedLayer;
    if (isTold || isSystemError(error)) throw error;
    // Everything else is zlib or the tar reader telling what is wrong with the archive.
    throw new CodeRejected('unreadable', error instanceof Error ? error.message : String(error));
  }
}

/** Ends early where nobody reads the entries any more. */
async function feed(sink: Extract, bytes: AsyncIterable<Buffer>): Promise<void> {
  try {
    for await (const chunk of bytes) {
      if (sink.destroyed) return;
      if (!sink.write(chunk)) await roomIn(sink);
    }
    sink.end();
  } catch (error) {
    // So that whoever waits for an entry hears of it.
    sink.destroy(error as Error);
    throw error;
  }
}

function roomIn(sink: Extract): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      sink.off('drain', done).off('close', done);
      resolve();
    };
    sink.on('drain', done).on('close', done);
  });
}

/** The bytes are not those that had this name. */
export class DamagedLayer extends Error {
  override get name(): string {
    return 'DamagedLayer';
  }
}

async function unpackEntries(
  sink: Extract,
  { target, mostBytes }: LayerSource,
): Promise<LayerEntry[]> {
  const entries: LayerEntry[] = [];
  let [count, bytes] = [0, 0];
  for await (const entry of sink) {
    const { header } = entry;
    count += 1;
    bytes += header.size ?? 0;
    if (count > MOST_ENTRIES) throw new CodeRejected('unreadable', 'too many entries');
    if (bytes > mostBytes) throw new CodeRejected('unzipped-too-large', `over ${mostBytes} bytes`);
    const made = entryOf(header);
    if (made === 'file') {
      const content = String(entries.length);
      entries.push(await keepFile(path.join(target, content), header, entry));
    } else {
      if (made !== undefined) entries.push(made);
      entry.resume();
    }
  }
  return entries;
}

/** Undefined for what has no place in a sandbox. */
function entryOf(header: Headers): LayerEntry | 'file' | undefined {
  const name = cleanPath(header.name);
  const whiteout = whiteoutOf(name);
  if (whiteout !== undefined) return whiteout === 'ignored' ? undefined : whiteout;
  const { type } = header;
  if (type === 'directory') {
    return { kind: 'directory', path: name, permissions: folderPermissions(header) };
  }
  if (type === 'symlink') return { kind: 'link', path: name, target: linkTarget(header) };
  if (type === 'link') {
    return { kind: 'hard-link', path: name, target: cleanPath(header.linkname ?? '') };
  }
  const isFile = type === 'file' || type === 'contiguous-file';
  return isFile && name !== '' ? 'file' : undefined;
}

function cleanPath(name: string): string {
  const clean = layerPath(name);
  if (clean === undefined) throw new CodeRejected('unreadable', 'a name is forbidden');
  return clean;
}

/** Nobody inside could write to them anyway; on the host nobody else is to. */
function folderPermissions({ mode = 0o755 }: Headers): number {
  return mode & 0o755;
}

function linkTarget({ linkname }: Headers): string {
  const target = linkname ?? '';
  const isUsable = target !== '' && !target.includes('\0');
  if (isUsable && Buffer.byteLength(target) <= LINK_BYTES) return target;
  throw new CodeRejected('unreadable', 'a link has no usable target');
}

async function keepFile(
  place: string,
  header: Headers,
  chunks: AsyncIterable<Buffer>,
): Promise<LayerEntry> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const permissions = (header.mode ?? 0o644) & 0o755;
  const file = openSync(place, 'wx', 0o600);
  try {
    for await (const chunk of chunks) {
      sizeBytes += chunk.length;
      hash.update(chunk);
      for (let at = 0; at < chunk.length;) at += writeSync(file, chunk, at);
    }
    fchmodSync(file, permissions);
    // What was compiled from a file is good for as long as the file's time is the one noted.
    const { mtime } = header;
    if (mtime !== undefined && !Number.isNaN(mtime.getTime())) futimesSync(file, mtime, mtime);
  } finally {
    closeSync(file);
  }
  return {
    kind: 'file',
    path: cleanPath(header.name),
    permissions,
    sizeBytes,
    sha256: hash.digest('hex'),
    content: path.basename(place),
  };
}

async function* hashed(
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
  hash: Hash,
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

/** By its first bytes: registries and builders do not agree on what to call it. */
async function* decompressed(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done === true) return;
  const all = async function* (): AsyncGenerator<Buffer> {
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => iterator };
  };
  const unpacker = decompressorOf(first.value);
  if (unpacker === undefined) yield* all();
  // What is wrong with the bytes ends the stream that is read here.
  else yield* Readable.from(all()).compose(unpacker) as AsyncIterable<Buffer>;
}

function decompressorOf(start: Buffer): NodeJS.ReadWriteStream | undefined {
  const magic = start.toString('hex', 0, 4);
  if (magic.startsWith('1f8b')) return createGunzip();
  return magic === '28b52ffd' ? createZstdDecompress() : undefined;
}

/** A stream of the descriptor would close it at its end. */
function* bytesOf(descriptor: number): Generator<Buffer> {
  for (let at = 0; ;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const read = readSync(descriptor, chunk, 0, CHUNK_BYTES, at);
    if (read === 0) return;
    yield chunk.subarray(0, read);
    at += read;
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
