/** Records put together as the event of one invocation, within what an invocation takes. */
import type { Batch, BatchRecord } from './poller.ts';

/** AWS: 6 MB for the whole event. */
const EVENT_BYTES = 6_291_456;
const OPENING = '{"Records":[';
const CLOSING = ']}';

/** In their order; a record that is too large for any event stands alone. */
export function splitBySize<Each extends BatchRecord>(records: readonly Each[]): Each[][] {
  const batches: Each[][] = [];
  let current: Each[] = [];
  let size = 0;
  for (const record of records) {
    const bytes = Buffer.byteLength(record.text) + 1;
    if (current.length > 0 && size + bytes > SPACE) {
      batches.push(current);
      current = [];
      size = 0;
    }
    current.push(record);
    size += bytes;
  }
  if (current.length > 0) batches.push(current);
  return batches;
}

/** Whether as many bytes fill an event. */
export function isFull(bytes: number): boolean {
  return bytes >= SPACE;
}

/** Each record counts with a comma, of which there is one fewer. */
const SPACE = EVENT_BYTES - OPENING.length - CLOSING.length + 1;

export function batchOf(records: readonly BatchRecord[]): Batch {
  const text = records.map((each) => each.text).join(',');
  return {
    event: Buffer.from(`${OPENING}${text}${CLOSING}`),
    traceHeaders: records.flatMap(({ traceHeader }) => traceHeader ?? []),
  };
}
