/** A trace header for callers that sent none: a new trace that is not sampled, as AWS makes it. */
import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';

export function newTraceHeader(deps: { readonly clock: Clock; readonly ids: Ids }): string {
  const seconds = Math.floor(deps.clock.nowMs() / 1000)
    .toString(16)
    .padStart(8, '0');
  return `Root=1-${seconds}-${deps.ids.hex(12)};Parent=${deps.ids.hex(8)};Sampled=0`;
}
