/**
 * The frames of a runtime channel: one byte of kind, four of length, then the content. Both ends
 * are Hearth's own (`channel.cjs` and `channel.py` of `packages/runtimes` are the others), but what
 * arrives was written inside a sandbox, so nothing of it is believed: a length beyond the limit
 * is read past and told as `oversized`, an unknown kind or a broken content is a fault.
 */
import type { Refusal } from './replies.ts';

export type Frame =
  | { readonly kind: 'await-assignment' | 'next' }
  | { readonly kind: 'response'; readonly requestId: string; readonly payload: Uint8Array }
  | {
      readonly kind: 'error';
      readonly requestId: string;
      readonly errorType: string;
      readonly payload: Uint8Array;
    }
  /** A response or an error that is too large; its content is gone. */
  | { readonly kind: 'oversized'; readonly requestId: string };

/** What arrived is no frame: the connection is of no use any more. */
export class FrameFault extends Error {
  override get name(): string {
    return 'FrameFault';
  }
}

const HEAD_BYTES = 5;
/** A request id and an error type, with room. */
const MOST_META_BYTES = 4_096;

const AWAIT_ASSIGNMENT = 0x41;
const NEXT = 0x4e;
const RESPONSE = 0x52;
const ERROR = 0x45;
const INVOCATION = 0x49;
const REFUSED = 0x58;

/** Cuts a connection's bytes into frames; keeps at most one frame's worth of them. */
export class FrameReader {
  readonly #mostPayloadBytes: number;
  readonly #onFrame: (frame: Frame) => void;
  #waiting: Buffer | undefined;
  /** Of a frame that is larger than the first chunk: its parts, joined once. */
  #parts: Buffer[] = [];
  #missingBytes = 0;
  #oversized: { readonly requestId: string; leftBytes: number } | undefined;

  constructor(mostPayloadBytes: number, onFrame: (frame: Frame) => void) {
    this.#mostPayloadBytes = mostPayloadBytes;
    this.#onFrame = onFrame;
  }

  /** Throws `FrameFault`. */
  push(chunk: Buffer): void {
    if (this.#oversized !== undefined) {
      this.#skip(chunk, this.#oversized);
      return;
    }
    if (this.#missingBytes > chunk.length) {
      this.#hold(chunk);
      return;
    }
    this.#read(this.#joined(chunk));
  }

  #joined(chunk: Buffer): Buffer {
    const parts = this.#waiting === undefined ? this.#parts : [this.#waiting, ...this.#parts];
    this.#waiting = undefined;
    this.#parts = [];
    this.#missingBytes = 0;
    return parts.length === 0 ? chunk : Buffer.concat([...parts, chunk]);
  }

  #hold(chunk: Buffer): void {
    this.#parts.push(chunk);
    this.#missingBytes -= chunk.length;
  }

  #read(bytes: Buffer): void {
    let at = 0;
    while (bytes.length - at >= HEAD_BYTES) {
      const length = bytes.readUInt32BE(at + 1);
      const kind = bytes[at] ?? 0;
      const start = at + HEAD_BYTES;
      if (length > this.#mostPayloadBytes + MOST_META_BYTES) {
        const enough = Math.min(bytes.length, start + MOST_META_BYTES);
        if (!this.#startSkipping(kind, length, bytes.subarray(start, enough))) break;
        const oversized = this.#oversized;
        if (oversized !== undefined) this.#skip(bytes.subarray(start), oversized);
        return;
      }
      if (bytes.length - start < length) {
        this.#missingBytes = length - (bytes.length - start);
        break;
      }
      at = start + length;
      this.#onFrame(parse(kind, bytes.subarray(start, at), this.#mostPayloadBytes));
    }
    if (at < bytes.length) this.#waiting = at === 0 ? bytes : bytes.subarray(at);
  }

  /** False while its request id has not arrived yet. */
  #startSkipping(kind: number, length: number, content: Buffer): boolean {
    if (kind !== RESPONSE && kind !== ERROR) throw new FrameFault(`no frame of kind ${kind}`);
    const idBytes = content[0];
    if (idBytes === undefined || content.length < 1 + idBytes) return false;
    const requestId = content.toString('latin1', 1, 1 + idBytes);
    this.#oversized = { requestId, leftBytes: length };
    return true;
  }

  #skip(chunk: Buffer, oversized: { readonly requestId: string; leftBytes: number }): void {
    if (chunk.length < oversized.leftBytes) {
      oversized.leftBytes -= chunk.length;
      return;
    }
    this.#oversized = undefined;
    const rest = chunk.subarray(oversized.leftBytes);
    this.#onFrame({ kind: 'oversized', requestId: oversized.requestId });
    if (rest.length > 0) this.#read(rest);
  }
}

function parse(kind: number, content: Buffer, mostPayloadBytes: number): Frame {
  switch (kind) {
    case NEXT:
      return { kind: 'next' };
    case AWAIT_ASSIGNMENT:
      return { kind: 'await-assignment' };
    case RESPONSE: {
      const { text: requestId, rest: payload } = shortText(content);
      if (payload.length > mostPayloadBytes) return { kind: 'oversized', requestId };
      return { kind: 'response', requestId, payload };
    }
    case ERROR: {
      const { text: requestId, rest } = shortText(content);
      const { text: errorType, rest: payload } = shortText(rest);
      if (payload.length > mostPayloadBytes) return { kind: 'oversized', requestId };
      return { kind: 'error', requestId, errorType, payload };
    }
    default:
      throw new FrameFault(`no frame of kind ${kind}`);
  }
}

/** A byte of length, then so many bytes of text. */
function shortText(content: Buffer): { readonly text: string; readonly rest: Buffer } {
  const length = content[0];
  if (length === undefined || content.length < 1 + length) throw new FrameFault('a broken frame');
  return { text: content.toString('latin1', 1, 1 + length), rest: content.subarray(1 + length) };
}

/** One invocation: its headers as over HTTP, in lower case, and the event. */
export function invocationFrame(head: string, payload: Uint8Array): Buffer {
  const headBytes = Buffer.byteLength(head);
  const frame = Buffer.allocUnsafe(HEAD_BYTES + 4 + headBytes + payload.length);
  frame[0] = INVOCATION;
  frame.writeUInt32BE(frame.length - HEAD_BYTES, 1);
  frame.writeUInt32BE(headBytes, HEAD_BYTES);
  frame.write(head, HEAD_BYTES + 4);
  frame.set(payload, HEAD_BYTES + 4 + headBytes);
  return frame;
}

export function assignmentFrame(assignment: Uint8Array): Buffer {
  return frameOf(AWAIT_ASSIGNMENT, assignment);
}

/** What the same call over HTTP would have been answered. */
export function refusalFrame(refusal: Refusal): Buffer {
  return frameOf(REFUSED, Buffer.from(JSON.stringify(refusal)));
}

function frameOf(kind: number, content: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + content.length);
  frame[0] = kind;
  frame.writeUInt32BE(content.length, 1);
  frame.set(content, HEAD_BYTES);
  return frame;
}
