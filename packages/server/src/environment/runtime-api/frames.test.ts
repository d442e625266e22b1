import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameFault, FrameReader, type Frame } from './frames.ts';

const LIMIT = 1_000;

function frame(kind: string, content: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.write(kind, 'latin1');
  head.writeUInt32BE(content.length, 1);
  return Buffer.concat([head, content]);
}

function short(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'latin1')]);
}

function response(id: string, payload: Uint8Array): Buffer {
  return frame('R', Buffer.concat([short(id), payload]));
}

function readAll(chunks: readonly Buffer[]): readonly Frame[] {
  const frames: Frame[] = [];
  const reader = new FrameReader(LIMIT, (each) => frames.push(each));
  for (const chunk of chunks) reader.push(chunk);
  return frames;
}

/** The same bytes in pieces of these sizes, again and again. */
function cut(bytes: Buffer, sizes: readonly number[]): readonly Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

const said = fc.oneof(
  fc.constant({ bytes: frame('N', Buffer.alloc(0)), frame: { kind: 'next' } }),
  fc.constant({ bytes: frame('A', Buffer.alloc(0)), frame: { kind: 'await-assignment' } }),
  fc.uint8Array({ maxLength: LIMIT }).map((payload) => ({
    bytes: response('id-1', payload),
    frame: { kind: 'response', requestId: 'id-1', payload: Buffer.from(payload) },
  })),
  fc.uint8Array({ maxLength: LIMIT }).map((payload) => ({
    bytes: frame('E', Buffer.concat([short('id-2'), short('Error'), payload])),
    frame: {
      kind: 'error',
      requestId: 'id-2',
      errorType: 'Error',
      payload: Buffer.from(payload),
    },
  })),
  fc.integer({ min: LIMIT + 1, max: 20_000 }).map((size) => ({
    bytes: response('id-3', Buffer.alloc(size)),
    frame: { kind: 'oversized', requestId: 'id-3' },
  })),
);

describe('frames', () => {
  test('are the same however their bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(said, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 5 }),
        (all, sizes) => {
          const bytes = Buffer.concat(all.map((each) => each.bytes));
          expect(readAll(cut(bytes, sizes))).toEqual(all.map((each) => each.frame));
        },
      ),
    );
  });

  test('that are none are a fault and nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1 }), { maxLength: 10 }), (chunks) => {
        try {
          readAll(chunks.map((each) => Buffer.from(each)));
        } catch (error) {
          expect(error).toBeInstanceOf(FrameFault);
        }
      }),
    );
  });

  test.each([
    ['an unknown kind', frame('Z', Buffer.alloc(3))],
    ['an unknown kind of great length', frame('Z', Buffer.alloc(9_000))],
    ['a request id that is longer than its frame', frame('R', Buffer.from([200, 1, 2]))],
    ['an error without its type', frame('E', short('id'))],
  ])('%s is a fault', (_, bytes) => {
    expect(() => readAll([bytes])).toThrow(FrameFault);
  });
});
