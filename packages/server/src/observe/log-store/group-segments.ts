/**
 * The events of one log group: a folder of segments, of which the last is written to, and the
 * index of their blocks in memory. Opened with the group's first use.
 *
 * Invariant: the index holds exactly the records that are durable, so a search never sees what
 * was not acknowledged, nor a torn write.
 */
import { mkdir, readdir, rm, rmdir, truncate } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from '../../lib/logger.ts';
import { syncFolder } from '../../lib/sync-folder.ts';
import { encodeRecords, type NewRecord } from './log-record.ts';
import type { SearchClient } from './search-client.ts';
import {
  extentsOf,
  indexRecord,
  widen,
  type SegmentBlock,
  type StreamExtent,
} from './segment-block.ts';
import { indexFile, SEGMENT_BYTES, segmentFile, segmentOf } from './segment-file.ts';
import { readIndex, writeIndex } from './segment-index.ts';
import { createSegmentWriter, type SegmentWriter } from './segment-writer.ts';

export interface GroupSegmentsDeps {
  readonly folder: string;
  readonly search: SearchClient;
  readonly logger: Logger;
  /** Told of each damaged record that is found. */
  readonly onDamaged: (count: number) => void;
  /** Smaller in tests. */
  readonly segmentBytes?: number;
}

export async function openGroupSegments(deps: GroupSegmentsDeps): Promise<GroupSegments> {
  const made = await mkdir(deps.folder, { recursive: true, mode: 0o700 });
  // Without it a power failure could take the folder of what was acknowledged.
  if (made !== undefined) await syncFolder(path.dirname(deps.folder));
  const segments = (await readdir(deps.folder))
    .flatMap((name) => segmentOf(name) ?? [])
    .sort((a, b) => a - b);
  const last = segments.pop();
  const blocks: SegmentBlock[] = [];
  for (const segment of segments) blocks.push(...(await openFullSegment(deps, segment)));
  const length = last === undefined ? 0 : await openLastSegment(deps, last, blocks);
  const current = length === undefined ? (last ?? 0) + 1 : (last ?? 1);
  return new GroupSegments(deps, blocks, createSegmentWriter(deps.folder, current, length ?? 0));
}

export class GroupSegments {
  readonly #deps: GroupSegmentsDeps;
  readonly #extents: Map<number, StreamExtent>;
  #blocks: SegmentBlock[];
  #writer: SegmentWriter;
  #rolling: Promise<void> | undefined;
  #hasAppended = false;

  constructor(deps: GroupSegmentsDeps, blocks: SegmentBlock[], writer: SegmentWriter) {
    this.#deps = deps;
    this.#blocks = blocks;
    this.#extents = extentsOf(blocks);
    this.#writer = writer;
  }

  get folder(): string {
    return this.#deps.folder;
  }

  get blocks(): readonly SegmentBlock[] {
    return this.#blocks;
  }

  extentOf(stream: number): StreamExtent | undefined {
    return this.#extents.get(stream);
  }

  async append(records: readonly NewRecord[]): Promise<void> {
    this.#hasAppended = true;
    const writer = this.#writer;
    const { bytes, ends } = encodeRecords(records);
    const offset = await writer.append(bytes);
    let start = offset;
    for (const [at, { stream, timestampMs, ingestedAtMs }] of records.entries()) {
      const end = offset + (ends[at] ?? 0);
      this.#index(writer.segment, { stream, timestampMs, ingestedAtMs, start, end });
      start = end;
    }
    if (writer.length >= (this.#deps.segmentBytes ?? SEGMENT_BYTES)) await this.#roll(writer);
  }

  /** Removes whole segments in which nothing is kept; `keeps` decides for each stream's part. */
  async sweep(keeps: (extent: StreamExtent) => boolean): Promise<void> {
    const isKept = (block: SegmentBlock): boolean => block.streams.some(keeps);
    const { segment: last, length } = this.#writer;
    const isLastUseless =
      length > 0 && !this.#blocks.some((block) => block.segment === last && isKept(block));
    if (isLastUseless) await this.#roll(this.#writer);
    // Only now: an append may have come in while the segment was sealed.
    const kept = new Set(this.#blocks.filter(isKept).map((block) => block.segment));
    const gone = new Set(this.#blocks.map((block) => block.segment)).difference(kept);
    gone.delete(this.#writer.segment);
    this.#blocks = this.#blocks.filter((block) => !gone.has(block.segment));
    this.#extents.clear();
    for (const [stream, extent] of extentsOf(this.#blocks)) this.#extents.set(stream, extent);
    for (const segment of gone) await this.#removeSegment(segment);
    if (!this.#hasAppended) await this.#writer.release();
    this.#hasAppended = false;
  }

  async close(): Promise<void> {
    await this.#rolling;
    await this.#writer.release();
  }

  async #roll(full: SegmentWriter): Promise<void> {
    if (full !== this.#writer) return this.#rolling;
    this.#writer = createSegmentWriter(this.#deps.folder, full.segment + 1, 0);
    this.#rolling = this.#seal(full);
    return this.#rolling;
  }

  /** Batches that were queued for the full segment are in its index before that is written. */
  async #seal(full: SegmentWriter): Promise<void> {
    await full.release();
    const own = this.#blocks.filter((block) => block.segment === full.segment);
    await writeIndex(this.#deps.folder, full.segment, own).catch((error: unknown) => {
      // Made again from the segment by the next start.
      this.#deps.logger.warn('log segment index not written', { error, segment: full.segment });
    });
    this.#rolling = undefined;
  }

  #index(segment: number, record: Parameters<typeof indexRecord>[2]): void {
    indexRecord(this.#blocks, segment, record);
    const { stream, timestampMs, ingestedAtMs, start, end } = record;
    const own = {
      stream,
      leastMs: timestampMs,
      mostMs: timestampMs,
      ingestedAtMs,
      events: 1,
      bytes: end - start,
    };
    const known = this.#extents.get(stream);
    if (known === undefined) this.#extents.set(stream, own);
    else widen(known, own);
  }

  async #removeSegment(segment: number): Promise<void> {
    await rm(indexFile(this.#deps.folder, segment), { force: true });
    await rm(segmentFile(this.#deps.folder, segment), { force: true });
  }
}

/** Deletes the files of a group's folder and the folder; it holds no other folders. */
export async function removeGroupFolder(folder: string): Promise<void> {
  try {
    for (const name of await readdir(folder)) await rm(`${folder}/${name}`, { force: true });
    await rmdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/**
 * Adds its blocks and returns its length, or undefined when it was sealed already: writing on
 * would leave the index beside it without the new records.
 */
async function openLastSegment(
  deps: GroupSegmentsDeps,
  segment: number,
  blocks: SegmentBlock[],
): Promise<number | undefined> {
  const sealed = await readIndex(deps.folder, segment);
  if (sealed !== undefined) {
    blocks.push(...sealed);
    return undefined;
  }
  const found = await deps.search.index({ folder: deps.folder, segment });
  report(deps, segment, found.damaged);
  // What a dying server wrote half was never acknowledged.
  await truncate(segmentFile(deps.folder, segment), found.soundBytes);
  blocks.push(...found.blocks);
  return found.soundBytes;
}

async function openFullSegment(
  deps: GroupSegmentsDeps,
  segment: number,
): Promise<readonly SegmentBlock[]> {
  const known = await readIndex(deps.folder, segment);
  if (known !== undefined) return known;
  const found = await deps.search.index({ folder: deps.folder, segment });
  report(deps, segment, found.damaged);
  await writeIndex(deps.folder, segment, found.blocks);
  return found.blocks;
}

function report(deps: GroupSegmentsDeps, segment: number, damaged: number): void {
  if (damaged === 0) return;
  deps.onDamaged(damaged);
  deps.logger.error('damaged log records skipped', { folder: deps.folder, segment, damaged });
}
