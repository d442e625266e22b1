/**
 * Which blocks a query reads, and up to which point in time its answer is complete then. Pure.
 *
 * Blocks come in the order of their nearest edge. A long search is cut into pages by the number
 * of blocks, not only of events: the first block left out says up to where the page is complete.
 */
import type { LogPosition, LogQuery } from './log-store.ts';
import type { SegmentBlock } from './segment-block.ts';

export interface QueryPlan {
  readonly blocks: readonly SegmentBlock[];
  readonly streams: ReadonlySet<number>;
  /** Events at or behind this time are for the next page. */
  readonly completeBeforeMs: number | undefined;
}

/** 512 blocks are about 32 MB: a fraction of a second of searching. */
const BLOCKS_PER_PAGE = 512;
/** A position behind (or before) every event of its millisecond. */
const LAST_PLACE = Number.MAX_SAFE_INTEGER;

export function planQuery(
  blocks: readonly SegmentBlock[],
  query: LogQuery,
  isWanted: (stream: number) => boolean,
): QueryPlan {
  const { fromMs = -Infinity, untilMs = Infinity } = query;
  const edgeOf = (block: SegmentBlock): number =>
    query.order === 'oldest-first' ? block.leastMs : -block.mostMs;
  const streams = new Set<number>();
  const candidates = blocks.filter((block) => {
    if (block.mostMs < fromMs || block.leastMs > untilMs) return false;
    if (isPassed(block, query)) return false;
    const wanted = block.streams.filter((each) => isWanted(each.stream));
    for (const { stream } of wanted) streams.add(stream);
    return wanted.length > 0;
  });
  candidates.sort((a, b) => edgeOf(a) - edgeOf(b));
  const start = startEdge(query);
  let count = Math.min(BLOCKS_PER_PAGE, candidates.length);
  // A page that could not get beyond its own start would be answered again for ever.
  while (candidates[count] && edgeOf(candidates[count] as SegmentBlock) <= start) count += 1;
  const [leftOut] = candidates.slice(count);
  return {
    blocks: candidates.slice(0, count),
    streams,
    completeBeforeMs: leftOut === undefined ? undefined : Math.abs(edgeOf(leftOut)),
  };
}

/** The position from which the page after an incomplete one goes on. */
export function resumePosition(order: LogQuery['order'], completeBeforeMs: number): LogPosition {
  return order === 'oldest-first'
    ? { timestampMs: completeBeforeMs - 1, place: LAST_PLACE }
    : { timestampMs: completeBeforeMs + 1, place: 0 };
}

function isPassed(block: SegmentBlock, { after, order }: LogQuery): boolean {
  if (after === undefined) return false;
  return order === 'oldest-first'
    ? block.mostMs < after.timestampMs
    : block.leastMs > after.timestampMs;
}

function startEdge({ after, order }: LogQuery): number {
  if (after === undefined) return -Infinity;
  if (order === 'oldest-first') return after.timestampMs + (after.place === LAST_PLACE ? 1 : 0);
  return -after.timestampMs + (after.place === 0 ? 1 : 0);
}
