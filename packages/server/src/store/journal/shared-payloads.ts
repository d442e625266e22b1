/**
 * Payloads on their way to the writing thread, in memory that both threads see: copying them there
 * costs little, a new buffer for each message costs its pages as well.
 */
const FIRST_BYTES = 262_144;
/** Memory that a long record has made longer than this is not kept. */
const MOST_KEPT_BYTES = 4 * 1_048_576;

export class SharedPayloads {
  #kept = new Uint8Array(new SharedArrayBuffer(FIRST_BYTES));

  /** The same bytes in that memory, until the next call: the thread has to be done with them then. */
  share(payloads: readonly Uint8Array[]): readonly Uint8Array[] {
    const memory = this.#memory(payloads.reduce((sum, { byteLength }) => sum + byteLength, 0));
    let at = 0;
    return payloads.map((payload) => {
      memory.set(payload, at);
      at += payload.byteLength;
      return memory.subarray(at - payload.byteLength, at);
    });
  }

  #memory(size: number): Uint8Array {
    if (size <= this.#kept.byteLength) return this.#kept;
    if (size > MOST_KEPT_BYTES) return new Uint8Array(new SharedArrayBuffer(size));
    // Somewhat more: the next ones are as many or more.
    this.#kept = new Uint8Array(new SharedArrayBuffer(2 ** Math.ceil(Math.log2(size))));
    return this.#kept;
  }
}
