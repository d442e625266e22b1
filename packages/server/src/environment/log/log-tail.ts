/** The end of one invocation's log for X-Amz-Log-Result: the last 4 KB, however much was written. */
import { LOG_TAIL_BYTES } from '../../core/limits.ts';

export class LogTail {
  #lines: Buffer[] = [];
  #sizeBytes = 0;

  append(line: string): void {
    const bytes = Buffer.from(line, 'utf8');
    this.#lines.push(bytes);
    this.#sizeBytes += bytes.length;
    let [first] = this.#lines;
    while (first !== undefined && this.#sizeBytes - first.length >= LOG_TAIL_BYTES) {
      this.#sizeBytes -= first.length;
      this.#lines.shift();
      [first] = this.#lines;
    }
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#lines).subarray(-LOG_TAIL_BYTES);
  }
}
