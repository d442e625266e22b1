/**
 * Frees the buffers of streams while that is cheap. They die young, but V8 counts their bytes only
 * towards its next full collection: every 20 MB of a body started one, of 100 ms and more. A
 * collection of the young alone takes about one.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Well below where V8 begins a full collection by itself (32 MB of buffers, old ones included). */
const COLLECT_EVERY_BYTES = 8 * 1_048_576;

let passed = 0;
let collect: ((options: { readonly type: 'minor' }) => void) | undefined;

/** Called with the size of each chunk of a body that has been dealt with. */
export function releaseBuffer(bytes: number): void {
  passed += bytes;
  if (passed < COLLECT_EVERY_BYTES) return;
  passed = 0;
  collect ??= exposeCollection();
  collect({ type: 'minor' });
}

/** V8 gives its collector to new contexts once the flag is set. */
function exposeCollection(): (options: { readonly type: 'minor' }) => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as (options: { readonly type: 'minor' }) => void;
}
