import type { Clock } from '../../lib/clock.ts';

/** AWS: IAM's times are whole seconds. */
export function wholeSeconds(clock: Clock): number {
  return Math.floor(clock.nowMs() / 1000) * 1000;
}
