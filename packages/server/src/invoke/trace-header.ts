/** A trace header for callers that sent none: a new trace that is not sampled, as AWS makes it. */
import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';

interface TraceSources {
  readonly clock: Clock;
  readonly ids: Ids;
}

export function newTraceHeader({ clock, ids }: TraceSources): string {
  // One draw for both ids, of 12 and of 8 bytes.
  const digits = ids.hex(20);
  return `Root=${traceId(clock, digits.slice(0, 24))};Parent=${digits.slice(24)};Sampled=0`;
}

export function newTraceId({ clock, ids }: TraceSources): string {
  return traceId(clock, ids.hex(12));
}

function traceId(clock: Clock, digits: string): string {
  const seconds = Math.floor(clock.nowMs() / 1000).toString(16);
  return `1-${seconds.padStart(8, '0')}-${digits}`;
}
