/** Bytes that grow at their end, in one buffer that is used again and again. */
const FIRST_BYTES = 65_536;
/** A buffer that a long record has made longer than this is not kept. */
const MOST_KEPT_BYTES = 1_048_576;

export class ByteWriter {
  #buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #view = new DataView(this.#buffer.buffer);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Leaves so many bytes at the beginning to be filled in later. */
  reset(reserved: number): void {
    if (this.#buffer.byteLength > MOST_KEPT_BYTES) this.#use(Buffer.allocUnsafeSlow(FIRST_BYTES));
    this.#size = reserved;
  }

  byte(value: number): void {
    this.#room(1);
    this.#buffer[this.#size] = value;
    this.#size += 1;
  }

  number(value: number): void {
    this.#room(8);
    this.#view.setFloat64(this.#size, value, true);
    this.#size += 8;
  }

  integer(value: bigint): void {
    this.#room(8);
    this.#view.setBigInt64(this.#size, value, true);
    this.#size += 8;
  }

  /** Its length in bytes, then the bytes. */
  bytes(value: Uint8Array): void {
    this.#room(4 + value.byteLength);
    this.#length(value.byteLength);
    this.#buffer.set(value, this.#size);
    this.#size += value.byteLength;
  }

  /** As UTF-8: its length in bytes, then the bytes. */
  text(value: string): void {
    this.#room(4 + value.length * 3);
    const length = value === '' ? 0 : this.#buffer.write(value, this.#size + 4);
    this.#length(length);
    this.#size += length;
  }

  /** A copy, filled with zeros to a multiple of that many bytes. What was reserved is not set. */
  finish(multiple: number): Buffer<ArrayBuffer> {
    const all = Buffer.allocUnsafeSlow(Math.ceil(this.#size / multiple) * multiple);
    this.#buffer.copy(all, 0, 0, this.#size);
    return all.fill(0, this.#size);
  }

  #length(value: number): void {
    this.#view.setUint32(this.#size, value, true);
    this.#size += 4;
  }

  #room(bytes: number): void {
    const needed = this.#size + bytes;
    if (needed <= this.#buffer.byteLength) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.byteLength * 2));
    this.#buffer.copy(larger, 0, 0, this.#size);
    this.#use(larger);
  }

  #use(buffer: Buffer<ArrayBuffer>): void {
    this.#buffer = buffer;
    this.#view = new DataView(buffer.buffer);
  }
}
