import { expect, test } from 'vitest';
import type { QueueEntry } from './queue-entry.ts';
import { QueueIndex } from './queue-index.ts';

test('what is kept until something else is said of it lies in no heap', () => {
  const index = new QueueIndex();
  const entry: QueueEntry = {
    sequence: 1,
    queue: 'q',
    id: 'a',
    lane: '',
    isOrdered: false,
    sentAtMs: 0,
    movedFrom: undefined,
    contentChecksum: 0,
    receiveCount: 1,
    firstReceivedAtMs: 0,
    receipt: '1-a',
    state: 'in-flight',
    dueMs: 5,
    content: undefined,
  };
  index.add(entry);
  index.keepUntil(entry, Number.POSITIVE_INFINITY);
  expect(index.nextDueMs).toBe(undefined);
  index.advance(5);
  expect(index.counts()).toMatchObject({ visible: 0, inFlight: 1 });
  index.keepUntil(entry, 20);
  expect(index.nextDueMs).toBe(20);
  index.advance(20);
  expect(index.counts()).toMatchObject({ visible: 1, inFlight: 0 });
});
