/**
 * Cuts what a function writes to one stream into log lines at `\n`. A line longer than the limit
 * is cut with a marker and its rest is thrown away, so memory stays bounded whatever arrives. The
 * bytes are kept until a line is whole: a character never breaks between two chunks.
 */
const NEWLINE = 0x0a;
/** CloudWatch's limit of one event, less the room for the marker. */
export const LINE_BYTES = 262_144 - 64;
const MARKER = ' [line cut: longer than 256 KB]\n';

export class OutputLines {
  readonly #emit: (line: string) => void;
  #pieces: Uint8Array[] = [];
  #sizeBytes = 0;
  /** The current line was cut already: skip to its end. */
  #isSkipping = false;

  constructor(emit: (line: string) => void) {
    this.#emit = emit;
  }

  write(chunk: Uint8Array): void {
    let from = 0;
    while (from < chunk.length) {
      const newline = chunk.indexOf(NEWLINE, from);
      const to = newline === -1 ? chunk.length : newline + 1;
      this.#add(chunk.subarray(from, to));
      if (newline !== -1) this.flush();
      from = to;
    }
  }

  /** The last line without its `\n`, at the end of an invocation or of the stream. */
  flush(): void {
    if (this.#sizeBytes > 0) this.#emit(this.#text());
    this.#pieces = [];
    this.#sizeBytes = 0;
    this.#isSkipping = false;
  }

  #add(piece: Uint8Array): void {
    if (this.#isSkipping) return;
    const room = LINE_BYTES - this.#sizeBytes;
    if (piece.length <= room) {
      // A copy: the driver may reuse its buffer, and a small line must not hold a large chunk.
      this.#pieces.push(Uint8Array.from(piece));
      this.#sizeBytes += piece.length;
      return;
    }
    this.#pieces.push(Uint8Array.from(piece.subarray(0, room)));
    this.#sizeBytes += room;
    this.#emit(this.#text() + MARKER);
    this.#pieces = [];
    this.#sizeBytes = 0;
    this.#isSkipping = true;
  }

  #text(): string {
    // Invalid UTF-8 becomes replacement characters.
    return Buffer.concat(this.#pieces, this.#sizeBytes).toString('utf8');
  }
}
