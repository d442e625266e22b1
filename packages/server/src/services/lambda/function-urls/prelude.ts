/**
 * The head of a streamed answer to HTTP: JSON, ended by eight zeros, before the body. It comes in
 * whatever pieces the function wrote, so it is collected until it is whole, up to a bound.
 */
import { httpHead, isObject, type HttpHead } from './url-answer.ts';

export const HTTP_INTEGRATION_TYPE = 'application/vnd.awslambda.http-integration-response';

/** AWS allows headers of 1 MB. */
const MOST_BYTES = 1_048_576;
const DELIMITER = Buffer.alloc(8);

export type PreludeStep =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'bad' }
  /** `rest`: the first bytes of the body, where some came along. */
  | { readonly kind: 'whole'; readonly head: HttpHead; readonly rest: Uint8Array };

export class Prelude {
  readonly #chunks: Uint8Array[] = [];
  #size = 0;
  /** The last bytes, where the delimiter may have begun: a byte at a time must not cost more. */
  #tail: Buffer = Buffer.alloc(0);

  push(chunk: Uint8Array): PreludeStep {
    const searched = Buffer.concat([this.#tail, chunk]);
    const found = searched.indexOf(DELIMITER);
    const end = found === -1 ? -1 : this.#size - this.#tail.length + found;
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    this.#tail = searched.subarray(Math.max(0, searched.length - DELIMITER.length + 1));
    if (end === -1) return { kind: this.#size > MOST_BYTES ? 'bad' : 'incomplete' };
    const all = Buffer.concat(this.#chunks);
    const head = headOf(all.toString('utf8', 0, end));
    if (head === undefined) return { kind: 'bad' };
    return { kind: 'whole', head, rest: all.subarray(end + DELIMITER.length) };
  }
}

function headOf(text: string): HttpHead | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) return undefined;
    return httpHead(value, { 'content-type': 'application/octet-stream' });
  } catch {
    return undefined;
  }
}
