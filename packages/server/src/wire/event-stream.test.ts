import { EventStreamCodec } from '@smithy/core/event-streams';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileEvents, encodeEvents, type StreamedEvent } from './event-stream.ts';
import { loadServiceModel } from './service-model.ts';
import type { StructureShape } from './shape.ts';

const operation = loadServiceModel('lambda').operations.get('InvokeWithResponseStream');
const union = operation?.output.members.find(({ name }) => name === 'EventStream')?.shape;
const encode = compileEvents(union as StructureShape);
const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString('utf8'),
  (text) => Buffer.from(text, 'utf8'),
);

function decode(message: Uint8Array): { readonly type: unknown; readonly body: Uint8Array } {
  const { headers, body } = codec.decode(message);
  expect(headers[':message-type']?.value).toBe('event');
  return { type: headers[':event-type']?.value, body };
}

test("any bytes are a chunk that the SDK's own codec reads", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5_000 }), (bytes) => {
      const { type, body } = decode(encode({ PayloadChunk: { Payload: bytes } }));
      expect(type).toBe('PayloadChunk');
      expect(Buffer.from(body).equals(bytes)).toBe(true);
    }),
  );
});

test('the last event is JSON with the members that there are', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const { type, body } = decode(
        encode({ InvokeComplete: { ErrorCode: 'Unhandled', ErrorDetails: text } }),
      );
      expect(type).toBe('InvokeComplete');
      expect(JSON.parse(Buffer.from(body).toString())).toEqual({
        ErrorCode: 'Unhandled',
        ErrorDetails: text.toWellFormed(),
      });
    }),
  );
});

test('an end without an error is an empty document', () => {
  expect(Buffer.from(decode(encode({ InvokeComplete: {} })).body).toString()).toBe('{}');
});

test('a changed byte is noticed', () => {
  const message = encode({ PayloadChunk: { Payload: Buffer.from('hello') } });
  for (let at = 0; at < message.length; at++) {
    const broken = Uint8Array.from(message);
    broken[at] = (broken[at] ?? 0) ^ 1;
    expect(() => codec.decode(broken)).toThrow();
  }
});

test('whoever stops taking bytes stops the events', async () => {
  let isStopped = false;
  async function* events(): AsyncGenerator<StreamedEvent> {
    try {
      for (;;) yield { PayloadChunk: { Payload: Buffer.from('x') } };
    } finally {
      isStopped = true;
    }
  }
  for await (const message of encodeEvents(events(), encode)) {
    expect(decode(message).type).toBe('PayloadChunk');
    break;
  }
  expect(isStopped).toBe(true);
});
