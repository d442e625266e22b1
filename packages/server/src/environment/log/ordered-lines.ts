/**
 * Keeps lines in the order in which they were made although one of them may still lack a figure:
 * REPORT waits for the memory peak, and the next invocation must not wait for REPORT.
 */
export class OrderedLines<Line> {
  readonly #write: (line: Line) => void;
  /** Non-empty only while its first entry is unfinished. */
  readonly #entries: { line: Line | undefined }[] = [];

  constructor(write: (line: Line) => void) {
    this.#write = write;
  }

  append(line: Line): void {
    if (this.#entries.length === 0) this.#write(line);
    else this.#entries.push({ line });
  }

  /** Takes the place of a line that comes later; what it resolves with is written there. */
  reserve(): (line: Line) => void {
    const entry: { line: Line | undefined } = { line: undefined };
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
