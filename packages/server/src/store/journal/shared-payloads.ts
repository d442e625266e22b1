/**
 * Payloads on their way to the writing thread, in memory that both threads see: copying them there
 * costs little, a new buffer for each message costs its pages as well.
 */
const FIRST_BYTES = 262_144;

export class SharedPayloads {
  #memory = new Uint8Array(new SharedArrayBuffer(FIRST_BYTES));

  /** The same bytes in that memory, until the next call: the thread has to be done with them then. */
  share(payloads: readonly Uint8Array[]): readonly Uint8Array[] {
    const size = payloads.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (size > this.#memory.byteLength) this.#memory = new Uint8Array(sharedMemory(size));
    let at = 0;
    return payloads.map((payload) => {
      this.#memory.set(payload, at);
      at += payload.byteLength;
      return this.#memory.subarray(at - payload.byteLength, at);
    });
  }
}

/** Somewhat more: the next ones are as many or more. */
function sharedMemory(size: number): SharedArrayBuffer {
  return new SharedArrayBuffer(2 ** Math.ceil(Math.log2(size)));
}
