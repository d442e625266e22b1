import { PassThrough, Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { flowingChunks } from './flowing-chunks.ts';

const chunk = Buffer.alloc(65_536, 'x');

async function sizeOf(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const { byteLength } of chunks) size += byteLength;
  return size;
}

test('all chunks come, also of a stream that is stopped and started again', async () => {
  const stream = new PassThrough();
  const reading = flowingChunks(stream);
  const first = reading.next();
  const most = 40;
  for (let sent = 0; sent < most; sent += 1) stream.write(chunk);
  expect((await first).value).toHaveLength(chunk.byteLength);
  // Nobody takes the rest: half a megabyte comes, and no more.
  for (let each = 0; each < 100; each += 1) await turn();
  expect(stream.isPaused()).toBe(true);
  expect(stream.readableLength + stream.writableLength).toBeGreaterThan(chunk.byteLength * 20);
  stream.end();
  expect(await sizeOf(reading)).toBe(chunk.byteLength * (most - 1));
});

test.each([
  ['ends', () => Readable.from([]), undefined],
  ['has ended', () => endedStream(), undefined],
  ['breaks', () => broken(chunk), 'gone'],
  ['has been destroyed', () => new PassThrough().destroy(), 'Premature close'],
])('a stream that %s is told of', async (_, make, message) => {
  const reading = sizeOf(flowingChunks(await make()));
  if (message === undefined) expect(await reading).toBe(0);
  else await expect(reading).rejects.toThrow(message);
});

async function endedStream(): Promise<Readable> {
  const stream = Readable.from([]);
  await sizeOf(stream);
  return stream;
}

function broken(...chunks: readonly Uint8Array[]): Readable {
  const stream = new PassThrough();
  for (const each of chunks) stream.write(each);
  setImmediate(() => stream.destroy(new Error('gone')));
  return stream;
}

test('a stream that is left early is stopped, and what comes then can be read', async () => {
  const stream = new PassThrough();
  stream.write(chunk);
  for await (const first of flowingChunks(stream)) {
    expect(first).toHaveLength(chunk.byteLength);
    break;
  }
  expect(stream.destroyed).toBe(false);
  expect(stream.isPaused()).toBe(true);
  stream.end(chunk);
  expect(await sizeOf(stream)).toBe(chunk.byteLength);
});
