import type { PutTraceSegmentsRequest, PutTraceSegmentsResult } from '@aws-sdk/client-xray';
import type { Operation } from '../../core/operation.ts';
import { takeToken, type TokenBucket } from '../../core/token-bucket.ts';
import type { Validated } from '../validated.ts';
import { isRead, readDocument, type ReadDocument } from './read-document.ts';
import type { XrayRoom } from './xray-deps.ts';
import { throttled } from './xray-errors.ts';

/** AWS: so many segments a second, of each account in a region; here of each account. */
const SEGMENTS_PER_SECOND = 2_600;

export interface PutTraceSegmentsDeps extends XrayRoom {
  /** So many bytes were kept. */
  kept(bytes: number): void;
}

export function putTraceSegments(
  room: PutTraceSegmentsDeps,
): Operation<Validated<PutTraceSegmentsRequest>, PutTraceSegmentsResult> {
  const buckets = new Map<string, TokenBucket>();
  return {
    name: 'PutTraceSegments',
    permissions: () => [{ action: 'xray:PutTraceSegments', resources: ['*'] }],
    handle: async ({ TraceSegmentDocuments: documents }, { account, region }) => {
      const read = documents.flatMap((each) => readDocument(each));
      const nowMs = room.clock.nowMs();
      take(buckets, account, read.length, room.clock.monotonicMs());
      const good = read.filter(isRead);
      await room.segments.put({ account, region }, good, nowMs);
      room.kept(bytesOf(good));
      return { UnprocessedTraceSegments: read.flatMap((each) => (isRead(each) ? [] : [each])) };
    },
  };
}

/** The last of them may be more than there were tokens left. */
function take(
  buckets: Map<string, TokenBucket>,
  account: string,
  count: number,
  nowMs: number,
): void {
  const rate = { size: SEGMENTS_PER_SECOND, perSecond: SEGMENTS_PER_SECOND };
  const bucket = takeToken(buckets.get(account), rate, nowMs);
  if (bucket === undefined) throw throttled();
  buckets.set(account, { ...bucket, tokens: bucket.tokens - Math.max(0, count - 1) });
}

function bytesOf(documents: readonly ReadDocument[]): number {
  return documents.reduce((sum, { body }) => sum + body.length, 0);
}
