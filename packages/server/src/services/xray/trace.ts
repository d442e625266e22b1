/**
 * A trace of the documents that were sent of it: subsegments that came alone are put into the
 * segment, or the subsegment, that they are part of; those whose parent is not there stand beside.
 */
import type { StoredTrace } from './segment-repository.ts';
import { withSubsegments, type Segment } from './segment.ts';

export interface Trace extends Pick<StoredTrace, 'id' | 'updatedMs' | 'isLimitExceeded'> {
  /** By their start. */
  readonly segments: readonly Segment[];
  /** How many documents came. */
  readonly documents: number;
}

export function assembleTrace({ bodies, ...stored }: StoredTrace): Trace {
  const documents = bodies.flatMap((body) => readStored(body));
  return { ...stored, segments: assemble(documents), documents: documents.length };
}

/** Seconds: from the first start to the last end. */
export function traceDuration({ segments }: Pick<Trace, 'segments'>): number {
  const all = segments.flatMap((each) => [...withSubsegments(each)]);
  const start = Math.min(...segments.map((each) => each.start_time));
  const end = all.reduce(
    (latest, each) => Math.max(latest, each.end_time ?? each.start_time),
    start,
  );
  return segments.length === 0 ? 0 : rounded(end - start);
}

/** AWS: the segment that came first, of which no other is the parent. */
export function rootOf({ segments }: Pick<Trace, 'segments'>): Segment | undefined {
  const known = new Set(segments.flatMap((each) => [...withSubsegments(each)].map(({ id }) => id)));
  return segments.find(({ parent_id: parent = '' }) => !known.has(parent)) ?? segments[0];
}

/** To the millisecond, as AWS tells durations. */
export function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

/** A row that a disk has changed is left out. */
function readStored(body: string): readonly Segment[] {
  try {
    return [JSON.parse(body) as Segment];
  } catch {
    return [];
  }
}

/** Deeper than this none is put into another: a chain of thousands shall not take the stack. */
const MOST_LEVELS = 64;

function assemble(documents: readonly Segment[]): readonly Segment[] {
  const known = new Set(
    documents.flatMap((each) => [...withSubsegments(each)].map(({ id }) => id)),
  );
  const isPart = ({ type, parent_id: parent, id }: Segment): boolean =>
    type === 'subsegment' && parent !== undefined && parent !== id && known.has(parent);
  const parts = Map.groupBy(documents.filter(isPart), (each) => each.parent_id ?? '');
  const whole = documents.filter((each) => !isPart(each)).map((each) => takeParts(each, parts, 0));
  // What is left is too deep, or its own ancestor.
  return [...whole, ...[...parts.values()].flat()].toSorted(byStart);
}

/** Each document is taken once, however many ids are the same. */
function takeParts(
  segment: Segment,
  parts: Map<string, readonly Segment[]>,
  level: number,
): Segment {
  if (level === MOST_LEVELS) return segment;
  const sent = parts.get(segment.id) ?? [];
  parts.delete(segment.id);
  const all = [...(segment.subsegments ?? []), ...sent];
  if (all.length === 0) return segment;
  const subsegments = all.map((each) => takeParts(each, parts, level + 1)).toSorted(byStart);
  return { ...segment, subsegments };
}

function byStart(left: Segment, right: Segment): number {
  return left.start_time - right.start_time;
}
