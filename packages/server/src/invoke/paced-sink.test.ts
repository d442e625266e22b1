import { expect, test } from 'vitest';
import type { ResponseSink } from '../core/response-sink.ts';
import { paceSink } from './paced-sink.ts';

const clock = { nowMs: () => 0, monotonicMs: () => 0 };
const limit = { burstBytes: 10, bytesPerSecond: 1_000 };

function collecting(): { readonly sink: ResponseSink; readonly sizes: number[] } {
  const sizes: number[] = [];
  const write = (chunk: Uint8Array): undefined => void sizes.push(chunk.length);
  return { sizes, sink: { begin: () => {}, write } };
}

test('what is within the first part waits for nothing', () => {
  const { sink, sizes } = collecting();
  expect(paceSink(sink, limit, clock).write(new Uint8Array(10))).toBeUndefined();
  expect(sizes).toEqual([10]);
});

test('what is beyond it goes out at once, and the next waits', async () => {
  const { sink, sizes } = collecting();
  const waited = paceSink(sink, limit, clock).write(new Uint8Array(20));
  expect(sizes).toEqual([20]);
  expect(waited).toBeInstanceOf(Promise);
  await waited;
});

test('nobody waits any more when the invocation is over', async () => {
  const { sink } = collecting();
  const paced = paceSink(sink, { burstBytes: 1, bytesPerSecond: 1 }, clock);
  const waited = paced.write(new Uint8Array(1_000_000));
  paced.end();
  await waited;
});
