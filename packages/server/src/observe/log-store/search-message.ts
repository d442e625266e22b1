/** What the search thread is asked and what it answers. Structured clones, so plain data only. */
import type { LogPosition, LogQuery } from './log-store.ts';
import type { SegmentBlock } from './segment-block.ts';

export interface SearchRequest {
  readonly kind: 'search';
  readonly folder: string;
  readonly blocks: readonly Pick<
    SegmentBlock,
    'segment' | 'offset' | 'length' | 'leastMs' | 'mostMs'
  >[];
  readonly streams: ReadonlySet<number>;
  readonly query: Pick<
    LogQuery,
    'order' | 'fromMs' | 'untilMs' | 'after' | 'pattern' | 'mostEvents'
  >;
}

export interface IndexRequest {
  readonly kind: 'index';
  readonly folder: string;
  readonly segment: number;
}

export interface FoundEvent extends LogPosition {
  readonly stream: number;
  readonly ingestedAtMs: number;
  readonly message: string;
}

export interface SearchResult {
  readonly events: readonly FoundEvent[];
  /** More events matched than are in the answer. */
  readonly isCut: boolean;
  readonly damaged: number;
}

export interface IndexResult {
  readonly blocks: SegmentBlock[];
  /** Where the last sound record ends; anything behind it is a torn write. */
  readonly soundBytes: number;
  readonly damaged: number;
}

export type SearchThreadRequest = SearchRequest | IndexRequest;
export type SearchThreadReply =
  | { readonly value: SearchResult | IndexResult }
  | { readonly error: string };
