/** The time of which traces are asked for. */
import { invalidRequest } from './xray-errors.ts';

/** Longer ones are refused; AWS's own bound is not documented. */
const LONGEST_MS = 86_400_000;

export function rangeOf({
  StartTime: from,
  EndTime: to,
}: {
  readonly StartTime: Date;
  readonly EndTime: Date;
}): { readonly fromMs: number; readonly toMs: number } {
  const [fromMs, toMs] = [from.getTime(), to.getTime()];
  if (toMs < fromMs) throw invalidRequest('StartTime must not be after EndTime.');
  if (toMs - fromMs > LONGEST_MS) {
    throw invalidRequest('The time range must not be longer than 24 hours.');
  }
  return { fromMs, toMs };
}
