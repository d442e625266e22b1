/**
 * Where the answer of a streaming function goes while the function is still writing it. Whoever
 * invokes gives one along; without one the answer is collected and handed over whole.
 */
export interface ResponseSink {
  /** The function begins to answer; called once, before the first bytes. */
  begin(head: { readonly contentType: string | undefined }): void;
  /**
   * Never rejects: bytes for a caller that has gone are dropped, and the function goes on, as on
   * AWS. Resolves when there is room for more; undefined says that there is some already.
   */
  write(chunk: Uint8Array): Promise<void> | undefined;
}
