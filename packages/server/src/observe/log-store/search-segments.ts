/**
 * Reads blocks of segments and keeps the first events, in the query's order, that match. Memory is
 * bounded by the page and one block, whatever the group holds. Runs in the search thread.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { parseFilterPattern } from '../filter-pattern/parse-filter-pattern.ts';
import { walkRecords } from './log-record.ts';
import type { FoundEvent, SearchRequest, SearchResult } from './search-message.ts';
import { placeOf, segmentFile } from './segment-file.ts';

/** AWS: a page of GetLogEvents or FilterLogEvents is at most 1 MB. */
const PAGE_BYTES = 1_048_576;

export function searchSegments(request: SearchRequest): SearchResult {
  const { query, streams } = request;
  const matches = parseFilterPattern(query.pattern ?? '');
  const sign = query.order === 'oldest-first' ? 1 : -1;
  const compare = (a: Key, b: Key): number =>
    sign * (a.timestampMs - b.timestampMs) || sign * (a.place - b.place);
  const { fromMs = -Infinity, untilMs = Infinity, after } = query;
  let page: Page = { events: [], isCut: false };
  let damaged = 0;
  using files = openFiles(request.folder);
  for (const block of request.blocks) {
    const edgeMs = sign === 1 ? block.leastMs : block.mostMs;
    if (page.isCut && sign * edgeMs > sign * (page.events.at(-1)?.timestampMs ?? 0)) break;
    const buffer = files.read(block.segment, block.offset, block.length);
    if (buffer === undefined) continue;
    const found = [...page.events];
    const walk = walkRecords(buffer, (record, start) => {
      const { timestampMs, ingestedAtMs, stream } = record;
      if (timestampMs < fromMs || timestampMs > untilMs || !streams.has(stream)) return;
      const place = placeOf(block.segment, block.offset + start);
      if (after !== undefined && compare({ timestampMs, place }, after) <= 0) return;
      const message = buffer.toString('utf8', record.messageStart, record.end);
      if (matches(message)) found.push({ timestampMs, place, stream, ingestedAtMs, message });
    });
    damaged += walk.damaged + (walk.hasLostTail ? 1 : 0);
    page = cutPage(found.sort(compare), query.mostEvents, page.isCut);
  }
  return { ...page, damaged };
}

interface Key {
  readonly timestampMs: number;
  readonly place: number;
}

interface Page {
  readonly events: readonly FoundEvent[];
  readonly isCut: boolean;
}

/** At least one event, so that an event larger than a page does not stop every reader. */
function cutPage(events: readonly FoundEvent[], mostEvents: number, wasCut: boolean): Page {
  let bytes = 0;
  let count = 0;
  for (const event of events) {
    bytes += event.message.length + 26;
    if (count >= mostEvents || (count > 0 && bytes > PAGE_BYTES)) break;
    count += 1;
  }
  return { events: events.slice(0, count), isCut: wasCut || count < events.length };
}

interface OpenFiles extends Disposable {
  /** Undefined when the segment has gone meanwhile: everything in it had expired. */
  read(segment: number, offset: number, length: number): Buffer | undefined;
}

function openFiles(folder: string): OpenFiles {
  const descriptors = new Map<number, number>();
  const descriptorOf = (segment: number): number => {
    const known = descriptors.get(segment);
    if (known !== undefined) return known;
    const descriptor = openSync(segmentFile(folder, segment), 'r');
    descriptors.set(segment, descriptor);
    return descriptor;
  };
  return {
    read: (segment, offset, length) => {
      try {
        const buffer = Buffer.allocUnsafe(length);
        const bytes = readSync(descriptorOf(segment), buffer, 0, length, offset);
        return buffer.subarray(0, bytes);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    [Symbol.dispose]: () => {
      for (const descriptor of descriptors.values()) closeSync(descriptor);
    },
  };
}
