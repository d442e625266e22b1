/**
 * The digests of one body. The first is what its file is named by: as long as the body is not long, the
 * others are behind it, and catch up while nothing else is to be done, or when it has been told.
 */
import { releaseBuffer } from '../lib/young-buffers.ts';
import { startDigest, type DigestName, type RunningDigest } from './checksums.ts';

/** Of one body that is kept in memory for the others. */
const MOST_OWED_BYTES = 2 * 1_048_576;

export class BodyDigests {
  /** One, or none where nothing is to be hashed. */
  readonly #first: readonly RunningDigest[];
  readonly #others: readonly RunningDigest[];
  #owed: Uint8Array[] = [];
  #owedBytes = 0;
  #mayOwe: boolean;
  #firstValue: Uint8Array | undefined;

  constructor(names: readonly DigestName[], isNamed: boolean) {
    const digests = names.map(startDigest);
    this.#first = digests.slice(0, 1);
    this.#others = digests.slice(1);
    this.#mayOwe = isNamed && digests.length > 1;
  }

  get count(): number {
    return this.#first.length + this.#others.length;
  }

  /** Whether the others are behind the first. */
  get owes(): boolean {
    return this.#owed.length > 0;
  }

  /** `between`: called between two chunks; it returns soon. */
  update(chunks: readonly Uint8Array[], between: () => void): void {
    for (const chunk of chunks) {
      for (const first of this.#first) first.update(chunk);
      if (this.#mayOwe) this.#owe(chunk, between);
      else this.#updateOthers(chunk);
      between();
    }
  }

  catchUp(between: () => void): void {
    while (this.catchUpOne()) between();
  }

  /** By one chunk; false where there is none. */
  catchUpOne(): boolean {
    const chunk = this.#owed.shift();
    if (chunk === undefined) return false;
    this.#owedBytes -= chunk.byteLength;
    this.#updateOthers(chunk);
    return true;
  }

  /** Nothing follows. */
  first(): Uint8Array {
    return (this.#firstValue ??= new Uint8Array(this.#first[0]?.digest() ?? []));
  }

  /** In the order of the names; nothing follows. */
  all(): readonly Uint8Array[] {
    return [this.first(), ...this.#others.map((each) => new Uint8Array(each.digest()))];
  }

  #owe(chunk: Uint8Array, between: () => void): void {
    this.#owed.push(chunk);
    this.#owedBytes += chunk.byteLength;
    if (this.#owedBytes <= MOST_OWED_BYTES) return;
    this.#mayOwe = false;
    this.catchUp(between);
  }

  #updateOthers(chunk: Uint8Array): void {
    for (const digest of this.#others) digest.update(chunk);
    releaseBuffer(chunk.byteLength);
  }
}
