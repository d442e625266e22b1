/**
 * The order of the slow mounts: one in each round of the event loop, so that between two a call that
 * is more urgent can come in. What a new sandbox needs goes before what an old one has left.
 */
import type { MountCall } from './mount-messages.ts';

/** Takes calls, and has each performed when its turn has come; `perform` never throws. */
export function inTurn(perform: (call: MountCall) => void): (call: MountCall) => void {
  const wanted = { tmp: [] as MountCall[], detach: [] as MountCall[] };
  const waiting = (): number => wanted.tmp.length + wanted.detach.length;
  const performNext = (): void => {
    const call = wanted.tmp.shift() ?? wanted.detach.shift();
    if (call !== undefined) perform(call);
    if (waiting() > 0) setImmediate(performNext);
  };
  return (call) => {
    wanted[call.kind].push(call);
    // Where others wait, their round is asked for already; with a second chain two share a round.
    if (waiting() === 1) setImmediate(performNext);
  };
}
