/** Bytes of an object on their way, never all in memory. */

/** What a client sends. Ending early, or with other bytes than were announced, is a rejection. */
export interface IncomingBody {
  /** As the client announced it; undefined where it could not (a form). */
  readonly size: number | undefined;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Lower-case hex, where the client has signed it: whoever keeps the bytes compares. */
  readonly statedSha256?: string;
  /** What came after the bytes; complete when `chunks` has ended. */
  readonly trailers: ReadonlyMap<string, string>;
  /** Their names, where they were announced before the bytes. */
  readonly trailerNames?: readonly string[];
}

/** What is answered. Whoever has it reads it to its end, or cancels it. */
export interface OutgoingBody extends AsyncIterable<Uint8Array> {
  readonly size: number;
  cancel(): Promise<void>;
}
