/**
 * Turns a zip into a folder tree. Synchronous on purpose: it runs in a worker thread of its own
 * (`archive-worker.ts`), and in steps small enough that memory stays bounded: the zip (at most
 * 50 MB) and one chunk or one small file of its content.
 *
 * The declared size of an entry is a promise that is checked: inflating stops at it, and fewer
 * bytes or another CRC reject the archive. `target` must be a fresh, empty folder.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fchmodSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import { fromBufferPromise, type Entry, type ZipFile } from 'yauzl';
import { CodeRejected } from './code-rejected.ts';
import {
  isLinkInside,
  MAX_ARCHIVE_ENTRIES,
  planExtraction,
  type ArchiveEntry,
  type PlannedFile,
} from './extraction-plan.ts';
import type { ManifestEntry } from './manifest.ts';

/** Up to this size a file is inflated in one call, which is several times faster. */
const WHOLE_FILE_BYTES = 16 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;
/** PATH_MAX: no link on Linux can be longer. */
const LINK_BYTES = 4_095;
const STORED = 0;
const DEFLATED = 8;
/** "Version made by" of archives whose attributes hold a unix mode: unix, OS X. */
const UNIX_HOSTS: ReadonlySet<number> = new Set([3, 19]);

export async function extractArchive(
  zip: Buffer,
  target: string,
  mostBytes: number,
): Promise<ManifestEntry[]> {
  try {
    return await extract(zip, target, mostBytes);
  } catch (error) {
    if (error instanceof CodeRejected || isSystemError(error)) throw error;
    // Everything else is yauzl or zlib telling what is wrong with the archive.
    throw new CodeRejected('unreadable', error instanceof Error ? error.message : String(error));
  }
}

async function extract(zip: Buffer, target: string, mostBytes: number): Promise<ManifestEntry[]> {
  const archive = await fromBufferPromise(zip, { strictFileNames: true });
  if (archive.entryCount > MAX_ARCHIVE_ENTRIES) {
    throw new CodeRejected('unreadable', `${archive.entryCount} entries`);
  }
  const entries = await Array.fromAsync(archive.eachEntry());
  if (entries.length === 0) throw new CodeRejected('empty', 'no entries');
  const plan = planExtraction(entries.map(describe), mostBytes);
  const manifest: ManifestEntry[] = [];
  // Shorter paths first: a folder is made before what lies in it.
  const folders = plan.filter((each) => each.kind === 'directory');
  for (const { path: name } of folders.toSorted((a, b) => a.path.length - b.path.length)) {
    mkdirSync(path.join(target, name));
    chmodSync(path.join(target, name), 0o755);
    manifest.push({ kind: 'directory', path: name });
  }
  const links = new Map<string, string>();
  for (const each of plan) {
    const entry = each.kind === 'directory' ? undefined : entries[each.entry];
    if (each.kind === 'directory' || entry === undefined) continue;
    const source = await contentOf(archive, zip, entry);
    if (each.kind === 'link') links.set(each.path, linkTarget(source));
    else manifest.push(await writeFile(target, each, source));
  }
  for (const [name, to] of links) {
    if (!isLinkInside(name, to, (at) => links.has(at))) {
      throw new CodeRejected('unreadable', `link '${name}' leaves the archive`);
    }
    symlinkSync(to, path.join(target, name));
    manifest.push({ kind: 'link', path: name, target: to });
  }
  return manifest;
}

interface EntryContent {
  readonly compressed: Buffer;
  readonly isDeflated: boolean;
  readonly sizeBytes: number;
  readonly crc: number;
}

async function contentOf(archive: ZipFile, zip: Buffer, entry: Entry): Promise<EntryContent> {
  const { fileDataStart } = await archive.readLocalFileHeaderPromise(entry, { minimal: true });
  const end = fileDataStart + entry.compressedSize;
  if (end > zip.length) throw new CodeRejected('unreadable', 'an entry ends after the archive');
  return {
    compressed: zip.subarray(fileDataStart, end),
    isDeflated: entry.compressionMethod === DEFLATED,
    sizeBytes: entry.uncompressedSize,
    crc: entry.crc32,
  };
}

function linkTarget(source: EntryContent): string {
  if (source.sizeBytes > LINK_BYTES) throw new CodeRejected('unreadable', 'a link is too long');
  return new TextDecoder('utf-8', { fatal: true }).decode(inflateWhole(source));
}

async function writeFile(
  target: string,
  planned: PlannedFile,
  source: EntryContent,
): Promise<ManifestEntry> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let crc = 0;
  // 'wx': nothing that exists, above all no link, is ever written to.
  const file = openSync(path.join(target, planned.path), 'wx', 0o600);
  try {
    for await (const chunk of inflate(source)) {
      sizeBytes += chunk.length;
      if (sizeBytes > source.sizeBytes) throw new CodeRejected('unreadable', 'a size is a lie');
      crc = crc32(chunk, crc);
      hash.update(chunk);
      for (let at = 0; at < chunk.length;) at += writeSync(file, chunk, at);
    }
    fchmodSync(file, planned.permissions);
  } finally {
    closeSync(file);
  }
  if (sizeBytes !== source.sizeBytes || crc !== source.crc) {
    throw new CodeRejected('unreadable', `'${planned.path}' has another size or checksum`);
  }
  const { path: name, permissions } = planned;
  return { kind: 'file', path: name, permissions, sizeBytes, sha256: hash.digest('hex') };
}

async function* inflate(source: EntryContent): AsyncGenerator<Buffer> {
  if (!source.isDeflated || source.sizeBytes <= WHOLE_FILE_BYTES) {
    yield inflateWhole(source);
    return;
  }
  const chunks = Readable.from(slices(source.compressed), { objectMode: false });
  const inflater = createInflateRaw({ chunkSize: CHUNK_BYTES });
  // pipe() does not pass errors on; reading a Buffer in memory has none.
  yield* chunks.pipe(inflater) as AsyncIterable<Buffer>;
}

function inflateWhole(source: EntryContent): Buffer {
  if (!source.isDeflated) return source.compressed;
  return inflateRawSync(source.compressed, { maxOutputLength: Math.max(1, source.sizeBytes) });
}

function* slices(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    yield bytes.subarray(at, at + CHUNK_BYTES);
  }
}

function describe(entry: Entry): ArchiveEntry {
  const isUnix = UNIX_HOSTS.has(entry.versionMadeBy >>> 8);
  const method = entry.compressionMethod;
  const isStored = method === STORED && entry.compressedSize === entry.uncompressedSize;
  return {
    name: entry.fileName,
    mode: isUnix ? (entry.externalFileAttributes >>> 16) & 0xffff : 0,
    sizeBytes: entry.uncompressedSize,
    compressedBytes: entry.compressedSize,
    headerOffset: entry.relativeOffsetOfLocalHeader,
    isReadable: !entry.isEncrypted() && (method === DEFLATED || isStored),
  };
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
