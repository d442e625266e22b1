/** Bytes that grow at their end, in one buffer that is used again and again. */
const FIRST_BYTES = 65_536;
/** A buffer that a long record has made longer than this is not kept. */
const MOST_KEPT_BYTES = 1_048_576;

export class ByteWriter {
  #buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Leaves so many bytes at the beginning to be filled in later. */
  reset(reserved: number): void {
    if (this.#buffer.byteLength > MOST_KEPT_BYTES)
      this.#buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
    this.#buffer.fill(0, 0, reserved);
    this.#size = reserved;
  }

  byte(value: number): void {
    this.#room(1);
    this.#buffer[this.#size] = value;
    this.#size += 1;
  }

  number(value: number): void {
    this.#room(8);
    this.#size = this.#buffer.writeDoubleLE(value, this.#size);
  }

  integer(value: bigint): void {
    this.#room(8);
    this.#size = this.#buffer.writeBigInt64LE(value, this.#size);
  }

  /** Its length in bytes, then the bytes. */
  bytes(value: Uint8Array): void {
    this.#room(4 + value.byteLength);
    this.#size = this.#buffer.writeUInt32LE(value.byteLength, this.#size);
    this.#buffer.set(value, this.#size);
    this.#size += value.byteLength;
  }

  /** As UTF-8: its length in bytes, then the bytes. */
  text(value: string): void {
    this.#room(4 + value.length * 3);
    const length = this.#buffer.write(value, this.#size + 4);
    this.#buffer.writeUInt32LE(length, this.#size);
    this.#size += 4 + length;
  }

  /** A copy, filled with zeros to a multiple of that many bytes. */
  finish(multiple: number): Buffer<ArrayBuffer> {
    const all = Buffer.alloc(Math.ceil(this.#size / multiple) * multiple);
    this.#buffer.copy(all, 0, 0, this.#size);
    return all;
  }

  #room(bytes: number): void {
    const needed = this.#size + bytes;
    if (needed <= this.#buffer.byteLength) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.byteLength * 2));
    this.#buffer.copy(larger, 0, 0, this.#size);
    this.#buffer = larger;
  }
}
