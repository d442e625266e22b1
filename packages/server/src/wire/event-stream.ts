/**
 * `application/vnd.amazon.eventstream`: messages of headers and a payload, each with two
 * checksums. https://smithy.io/2.0/aws/amazon-eventstream.html
 */
import { crc32 } from 'node:zlib';
import { jsonWriter } from './json-writer.ts';
import type { Member, StructureShape } from './shape.ts';

export const EVENT_STREAM_TYPE = 'application/vnd.amazon.eventstream';

/** The members of a union of events: exactly one of them is there. */
export type StreamedEvent = Readonly<Record<string, object | undefined>>;

export type EncodeEvent = (event: StreamedEvent) => Uint8Array;

/** Compiled once for each union of events. */
export function compileEvents({ members }: StructureShape): EncodeEvent {
  const encoders = new Map(members.map((member) => [member.name, compileEvent(member)]));
  return (event) => {
    const [name = '', value = {}] = Object.entries(event).find(([, each]) => each) ?? [];
    const encode = encoders.get(name);
    if (encode === undefined) throw new Error(`The stream has no event '${name}'.`);
    return encode(value);
  };
}

function compileEvent({ name, shape }: Member): (event: object) => Uint8Array {
  const payload = shape.kind === 'structure' ? shape.members.find(isBlobPayload) : undefined;
  const contentType = payload === undefined ? 'application/json' : 'application/octet-stream';
  const head = encodeHeaders({
    ':event-type': name,
    ':content-type': contentType,
    ':message-type': 'event',
  });
  if (payload !== undefined) {
    return (event) => {
      const bytes = (event as Readonly<Record<string, Uint8Array | undefined>>)[payload.name];
      return encodeMessage(head, bytes ?? new Uint8Array());
    };
  }
  const write = jsonWriter(shape);
  return (event) => encodeMessage(head, Buffer.from(JSON.stringify(write(event))));
}

function isBlobPayload({ traits, shape }: Member): boolean {
  return traits.isEventPayload && shape.kind === 'blob';
}

/** The type of a header's value: a string of up to 65,535 bytes. */
const STRING = 7;

function encodeHeaders(headers: Readonly<Record<string, string>>): Buffer {
  const parts = Object.entries(headers).flatMap(([name, value]) => {
    const text = Buffer.from(value);
    const head = Buffer.from([name.length, ...Buffer.from(name), STRING, 0, 0]);
    head.writeUInt16BE(text.length, head.length - 2);
    return [head, text];
  });
  return Buffer.concat(parts);
}

/** Lengths of the message and of its headers, and the checksum of the two. */
const PRELUDE_BYTES = 12;
const CHECKSUM_BYTES = 4;

function encodeMessage(headers: Buffer, payload: Uint8Array): Buffer {
  const size = PRELUDE_BYTES + headers.length + payload.length + CHECKSUM_BYTES;
  const message = Buffer.allocUnsafe(size);
  message.writeUInt32BE(size, 0);
  message.writeUInt32BE(headers.length, 4);
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8);
  message.set(headers, PRELUDE_BYTES);
  message.set(payload, PRELUDE_BYTES + headers.length);
  const end = size - CHECKSUM_BYTES;
  message.writeUInt32BE(crc32(message.subarray(0, end)), end);
  return message;
}

/** Each event as its bytes; whoever stops taking these stops the events as well. */
export function encodeEvents(
  events: AsyncIterable<StreamedEvent>,
  encode: EncodeEvent,
): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      const source = events[Symbol.asyncIterator]();
      return {
        async next() {
          const { done, value } = await source.next();
          return done === true ? { done, value: undefined } : { done: false, value: encode(value) };
        },
        async return() {
          await source.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
