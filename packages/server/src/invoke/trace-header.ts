/** A trace header for callers that sent none: a new trace that is not sampled, as AWS makes it. */
import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';

export function newTraceHeader(deps: { readonly clock: Clock; readonly ids: Ids }): string {
  const seconds = Math.floor(deps.clock.nowMs() / 1000)
    .toString(16)
    .padStart(8, '0');
  // One draw for both ids, of 12 and of 8 bytes.
  const digits = deps.ids.hex(20);
  return `Root=1-${seconds}-${digits.slice(0, 24)};Parent=${digits.slice(24)};Sampled=0`;
}
