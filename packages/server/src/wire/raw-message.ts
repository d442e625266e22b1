/** An HTTP message as the protocols see it: nothing decoded, nothing normalised. */
export interface RawRequest {
  readonly method: string;
  /** Still percent-encoded, without the query. */
  readonly path: string;
  /** Still percent-encoded, without the question mark. */
  readonly query: string;
  /** Lower-case names; the values of a repeated header joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What is known of a request before its body has been read. */
export type RawRequestHead = Omit<RawRequest, 'body'>;

export interface RawResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
  /** In the place of `body`: what is still being made. */
  readonly chunks?: AsyncIterable<Uint8Array>;
}
