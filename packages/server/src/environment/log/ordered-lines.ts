/**
 * Keeps lines in the order in which they were made although one of them may still lack a figure:
 * REPORT waits for the memory peak, and the next invocation must not wait for REPORT.
 */
export interface PlacedLine {
  readonly atMs: number;
  readonly text: string;
}

export class OrderedLines {
  readonly #write: (line: PlacedLine) => void;
  /** Non-empty only while its first entry is unfinished. */
  readonly #entries: { line: PlacedLine | undefined }[] = [];

  constructor(write: (line: PlacedLine) => void) {
    this.#write = write;
  }

  append(line: PlacedLine): void {
    if (this.#entries.length === 0) this.#write(line);
    else this.#entries.push({ line });
  }

  /** Takes the place of a line that comes later; what it resolves with is written there. */
  reserve(): (line: PlacedLine) => void {
    const entry: { line: PlacedLine | undefined } = { line: undefined };
    this.#entries.push(entry);
    return (line) => {
      entry.line = line;
      this.#drain();
    };
  }

  #drain(): void {
    let [first] = this.#entries;
    while (first?.line !== undefined) {
      this.#entries.shift();
      this.#write(first.line);
      [first] = this.#entries;
    }
  }
}
