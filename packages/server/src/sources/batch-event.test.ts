import { expect, test } from 'vitest';
import { batchOf, splitBySize } from './batch-event.ts';

const record = (text: string, traceHeader?: string) => ({
  id: text,
  text: JSON.stringify(text),
  ...(traceHeader === undefined ? {} : { traceHeader }),
});

test('a batch is the event of its records, and the traces that they carry', () => {
  const { event, traceHeaders } = batchOf([record('a'), record('é', 'Root=1'), record('c')]);
  expect(Buffer.from(event).toString()).toBe('{"Records":["a","é","c"]}');
  expect(traceHeaders).toEqual(['Root=1']);
});

test('records are divided so that no event is too large, in their order and none twice', () => {
  const records = [3, 3, 1, 5, 0.5, 6.5, 2].map((megabytes, at) =>
    record(`${at}`.padEnd(megabytes * 1_000_000, 'é'.repeat(1))),
  );
  const batches = splitBySize(records);
  expect(batches.flat()).toEqual(records);
  for (const batch of batches) {
    if (batch.length > 1) expect(batchOf(batch).event.byteLength).toBeLessThanOrEqual(6_291_456);
  }
  expect(splitBySize([])).toEqual([]);
});

test('an event may be exactly as large as an invocation takes', () => {
  const empty = batchOf([record(''), record('')]).event.byteLength;
  const rest = 6_291_456 - empty;
  const fitting = [record('a'.repeat(rest - 1)), record('b')];
  expect(splitBySize(fitting)).toHaveLength(1);
  expect(batchOf(fitting).event.byteLength).toBe(6_291_456);
  expect(splitBySize([record('a'.repeat(rest)), record('b')])).toHaveLength(2);
});
