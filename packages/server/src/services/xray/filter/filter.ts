/** A filter expression as it was read. Words are those of AWS's "Use filter expressions". */
export type Filter =
  | { readonly kind: 'everything' }
  | { readonly kind: 'and' | 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly kind: 'not'; readonly inner: Filter }
  | FlagFilter
  | { readonly kind: 'number'; readonly keyword: NumberKeyword; readonly test: Test }
  | { readonly kind: 'text'; readonly keyword: TextKeyword; readonly test: Test }
  /** Without a test: the annotation is there. */
  | { readonly kind: 'annotation'; readonly key: string; readonly test: Test | undefined }
  | ServiceFilter;

interface FlagFilter {
  readonly kind: 'flag';
  readonly keyword: FlagKeyword;
  readonly isWanted: boolean;
}

/** Segments of one service that pass `inner`. */
export interface ServiceFilter {
  readonly kind: 'service';
  readonly name?: string;
  readonly type?: string;
  readonly accountId?: string;
  readonly inner: Filter;
}

export interface Test {
  readonly operator: Operator;
  readonly value: string | number | boolean;
}

export const operators = [
  '=',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'CONTAINS',
  'BEGINSWITH',
  'ENDSWITH',
] as const;
export type Operator = (typeof operators)[number];

export const flagKeywords = ['ok', 'error', 'throttle', 'fault', 'partial'] as const;
export type FlagKeyword = (typeof flagKeywords)[number];

export const numberKeywords = ['responsetime', 'duration', 'http.status'] as const;
export type NumberKeyword = (typeof numberKeywords)[number];

export const textKeywords = [
  'http.url',
  'http.method',
  'http.useragent',
  'http.clientip',
  'user',
  'name',
  'type',
  'id',
  'message',
  'aws.accountid',
  'resource.arn',
] as const;
export type TextKeyword = (typeof textKeywords)[number];
