/**
 * The index of a group's events: for each stretch of about 64 KB of a segment, the time range and
 * streams in it. A search reads only the blocks that can hold what it looks for, and memory grows
 * by one small object for some hundreds of events.
 */
import type { LogExtent } from './log-store.ts';

export interface SegmentBlock {
  readonly segment: number;
  readonly offset: number;
  length: number;
  leastMs: number;
  mostMs: number;
  readonly streams: StreamExtent[];
}

export interface StreamExtent {
  readonly stream: number;
  leastMs: number;
  mostMs: number;
  ingestedAtMs: number;
  events: number;
  bytes: number;
}

export interface IndexedRecord {
  readonly stream: number;
  readonly timestampMs: number;
  readonly ingestedAtMs: number;
  /** Where the record lies in its segment. */
  readonly start: number;
  readonly end: number;
}

const BLOCK_BYTES = 65_536;

/** Adds a record behind the last one of these blocks. */
export function indexRecord(blocks: SegmentBlock[], segment: number, record: IndexedRecord): void {
  const block = blockFor(blocks, segment, record);
  block.length = record.end - block.offset;
  block.leastMs = Math.min(block.leastMs, record.timestampMs);
  block.mostMs = Math.max(block.mostMs, record.timestampMs);
  const extent = block.streams.find((each) => each.stream === record.stream);
  const own: StreamExtent = {
    stream: record.stream,
    leastMs: record.timestampMs,
    mostMs: record.timestampMs,
    ingestedAtMs: record.ingestedAtMs,
    events: 1,
    bytes: record.end - record.start,
  };
  if (extent === undefined) block.streams.push(own);
  else widen(extent, own);
}

/** What is known of each stream from all blocks. */
export function extentsOf(blocks: readonly SegmentBlock[]): Map<number, StreamExtent> {
  const extents = new Map<number, StreamExtent>();
  for (const each of blocks.flatMap((block) => block.streams)) {
    const known = extents.get(each.stream);
    if (known === undefined) extents.set(each.stream, { ...each });
    else widen(known, each);
  }
  return extents;
}

export function widen(known: StreamExtent, other: LogExtent): void {
  known.leastMs = Math.min(known.leastMs, other.leastMs);
  known.mostMs = Math.max(known.mostMs, other.mostMs);
  known.ingestedAtMs = Math.max(known.ingestedAtMs, other.ingestedAtMs);
  known.events += other.events;
  known.bytes += other.bytes;
}

function blockFor(blocks: SegmentBlock[], segment: number, record: IndexedRecord): SegmentBlock {
  const last = blocks.at(-1);
  if (last !== undefined && last.segment === segment && last.length < BLOCK_BYTES) return last;
  const block: SegmentBlock = {
    segment,
    offset: record.start,
    length: 0,
    leastMs: Infinity,
    mostMs: -Infinity,
    streams: [],
  };
  blocks.push(block);
  return block;
}
