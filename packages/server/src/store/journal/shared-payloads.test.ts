import { expect, test } from 'vitest';
import { SharedPayloads } from './shared-payloads.ts';

const MIB = 1_048_576;

test('payloads lie in memory that is used again, as long as it is not much', () => {
  const shared = new SharedPayloads();
  const memoryOf = (...sizes: readonly number[]): ArrayBufferLike | undefined => {
    const payloads = sizes.map((size, at) => new Uint8Array(size).fill(at + 1));
    const views = shared.share(payloads);
    expect(views.map(({ byteLength }) => byteLength)).toEqual(sizes);
    expect(views.every((view, at) => view.every((byte) => byte === at + 1))).toBe(true);
    return views[0]?.buffer;
  };
  const first = memoryOf(10, 20);
  expect(first).toBeInstanceOf(SharedArrayBuffer);
  expect(memoryOf(30, 1, 5)).toBe(first);
  const larger = memoryOf(MIB, 10);
  expect(larger?.byteLength).toBe(2 * MIB);
  expect(memoryOf(5 * MIB)?.byteLength).toBe(5 * MIB);
  expect(memoryOf(10)).toBe(larger);
});
