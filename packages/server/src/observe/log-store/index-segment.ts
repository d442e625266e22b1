/** Makes the index of a segment from its records: after a crash, or where its index was lost. */
import { readFileSync } from 'node:fs';
import { walkRecords } from './log-record.ts';
import type { IndexRequest, IndexResult } from './search-message.ts';
import { indexRecord, type SegmentBlock } from './segment-block.ts';
import { segmentFile } from './segment-file.ts';

export function indexSegment({ folder, segment }: IndexRequest): IndexResult {
  const blocks: SegmentBlock[] = [];
  const { end, damaged } = walkRecords(
    readFileSync(segmentFile(folder, segment)),
    (record, start) =>
      indexRecord(blocks, segment, {
        stream: record.stream,
        timestampMs: record.timestampMs,
        ingestedAtMs: record.ingestedAtMs,
        start,
        end: record.end,
      }),
  );
  return { blocks, soundBytes: end, damaged };
}
