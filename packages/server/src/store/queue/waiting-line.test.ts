import { expect, test } from 'vitest';
import { WaitingLine } from './waiting-line.ts';

test('nothing is taken for a caller that has gone in the same turn', async () => {
  const line = new WaitingLine<string>();
  const gone = new AbortController();
  const things = ['a thing'];
  const first = line.wait(() => things.pop(), 60_000, gone.signal);
  const second = line.wait(() => things.pop(), 60_000, undefined);
  gone.abort();
  line.serve();
  expect(await first).toBe(undefined);
  expect(await second).toBe('a thing');
  expect(line.isEmpty).toBe(true);
});
