/**
 * The files of the journal. One is written at its end; it is left when it is full, and when a write
 * has failed, since nobody knows what of it is on the disk. What the database has of a left one is
 * needed no more: such a file becomes the spare, whose bytes are on the disk already, so that a
 * write which replaces them changes nothing else there and is durable in half the time.
 *
 *     <folder>/<generation>     in use, or not wholly in the database yet
 *     <folder>/spare
 */
import { constants } from 'node:fs';
import { open, rename, rm, truncate, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from '../../lib/sync-folder.ts';
import { writeAll } from '../../lib/write-all.ts';
import { isAfter, seal, type RecordPlace } from './record.ts';

export const SPARE = 'spare';

/** A record begins before this; the last one may end behind it. */
const SEGMENT_BYTES = 8 * 1_048_576;
/** With less than this a server does not come to need a spare. */
const SPARE_FROM_BYTES = 262_144;
const FILL_BYTES = 1_048_576;

export interface SegmentsDeps {
  readonly folder: string;
  /** What its records have in front. */
  readonly key: Uint8Array;
  /** The highest generation that has ever been used. */
  readonly lastGeneration: number;
  readonly hasSpare: boolean;
  /** No spare could be made: writes go on, slower. */
  readonly onSpareFailure: (error: unknown) => void;
}

interface Segment {
  readonly generation: number;
  readonly handle: FileHandle;
  /** It was the spare. */
  readonly isFilled: boolean;
  position: number;
  records: number;
  isGood: boolean;
  /** For a spare. */
  hasAsked: boolean;
}

type LeftSegment = Pick<Segment, 'generation' | 'isFilled' | 'isGood' | 'records'>;

export class Segments {
  readonly #deps: SegmentsDeps;
  #lastGeneration: number;
  #active: Segment | undefined;
  /** Oldest first. */
  readonly #left: LeftSegment[] = [];
  #hasSpare: boolean;
  /** What is done to spares, one after the other. */
  #sparing: Promise<void> = Promise.resolve();

  constructor(deps: SegmentsDeps) {
    this.#deps = deps;
    this.#lastGeneration = deps.lastGeneration;
    this.#hasSpare = deps.hasSpare;
  }

  /** Resolves when it is durable. One at a time. Its first bytes are left for the header. */
  async append(record: Buffer<ArrayBuffer>, payloadBytes: number): Promise<RecordPlace> {
    const segment = await this.#segment();
    const place = { generation: segment.generation, number: segment.records };
    seal(record, payloadBytes, place, this.#deps.key);
    try {
      await writeAll(segment.handle, record, segment.position);
    } catch (error) {
      segment.isGood = false;
      throw error;
    }
    segment.position += record.byteLength;
    segment.records += 1;
    if (!segment.isFilled && !segment.hasAsked && segment.position >= SPARE_FROM_BYTES) {
      segment.hasAsked = true;
      this.#spare(() => this.#make());
    }
    return place;
  }

  /** The database has everything up to this record. */
  release(last: RecordPlace): void {
    for (let first = this.#left[0]; first !== undefined; first = this.#left[0]) {
      const { generation, records } = first;
      if (isAfter({ generation, number: records - 1 }, last)) return;
      this.#left.shift();
      const segment = first;
      this.#spare(() => this.#recycle(segment));
    }
  }

  async close(): Promise<void> {
    await this.#sparing;
    await this.#active?.handle.close();
  }

  async #segment(): Promise<Segment> {
    const active = this.#active;
    if (active !== undefined && !this.#isToBeLeft(active)) return active;
    const next = await this.#openNext();
    this.#active = next;
    if (active !== undefined) {
      this.#left.push(active);
      await active.handle.close();
    }
    return next;
  }

  #isToBeLeft({ isGood, isFilled, position }: Segment): boolean {
    return !isGood || position >= SEGMENT_BYTES || (!isFilled && position > 0 && this.#hasSpare);
  }

  async #openNext(): Promise<Segment> {
    const { folder } = this.#deps;
    const generation = this.#lastGeneration + 1;
    const file = path.join(folder, String(generation));
    const isFilled = this.#hasSpare;
    if (isFilled) {
      this.#hasSpare = false;
      await rename(path.join(folder, SPARE), file);
    }
    this.#lastGeneration = generation;
    // A write is durable when it returns, in one call instead of two.
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_DSYNC;
    const handle = await open(file, flags, 0o600);
    try {
      await syncFolder(folder);
    } catch (error) {
      await handle.close();
      throw error;
    }
    return { generation, handle, isFilled, position: 0, records: 0, isGood: true, hasAsked: false };
  }

  #spare(work: () => Promise<void>): void {
    this.#sparing = this.#sparing.then(work).catch(this.#deps.onSpareFailure);
  }

  async #recycle({ generation, isFilled, isGood }: LeftSegment): Promise<void> {
    const { folder } = this.#deps;
    const file = path.join(folder, String(generation));
    if (this.#hasSpare || !isFilled || !isGood) return await rm(file, { force: true });
    await truncate(file, SEGMENT_BYTES);
    await rename(file, path.join(folder, SPARE));
    this.#hasSpare = true;
  }

  async #make(): Promise<void> {
    if (this.#hasSpare) return;
    const { folder } = this.#deps;
    const unfinished = path.join(folder, `${SPARE}-new`);
    try {
      const zeros = Buffer.alloc(FILL_BYTES);
      await using handle = await open(unfinished, 'w', 0o600);
      for (let at = 0; at < SEGMENT_BYTES; at += FILL_BYTES) await writeAll(handle, zeros, at);
      await handle.sync();
      await rename(unfinished, path.join(folder, SPARE));
      this.#hasSpare = true;
    } finally {
      await rm(unfinished, { force: true });
    }
  }
}
