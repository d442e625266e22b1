/**
 * What starts gives way to what runs: an interpreter that boots wants a CPU for itself, and a call that takes
 * a millisecond should not wait for ten of them. For a moment only, so that functions that want all CPUs
 * for long do not keep others from starting.
 */
import type { Sandbox } from '../sandbox/driver.ts';

/** Ten that boot on two CPUs are ready in about this time; the longest that functions can put a start off. */
const GIVES_WAY_MS = 500;

export interface GivenWay {
  /** From here on it has a part of the CPUs as others have. Idempotent. */
  end(): void;
}

/** Before its first program starts. */
export async function giveWay(sandbox: Pick<Sandbox, 'yieldCpus'>): Promise<GivenWay> {
  await sandbox.yieldCpus(true);
  let isOver = false;
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    sandbox.yieldCpus(false).catch(() => {
      // Only a sandbox that is being destroyed refuses.
    });
  };
  const timer = setTimeout(end, GIVES_WAY_MS);
  return { end };
}
