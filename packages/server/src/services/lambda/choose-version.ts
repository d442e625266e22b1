/** Which version one invocation gets: what the alias points to, or the one it routes a part to. */
import type { PublishedVersion } from '../../functions/function-record.ts';
import type { FoundFunction } from './find-function.ts';

/** Undefined for `$LATEST`. `random` is at least 0 and below 1. */
export function chooseVersion(
  { record, alias, published }: FoundFunction,
  random: () => number,
): PublishedVersion | undefined {
  const routing = alias?.routing;
  if (routing === undefined || random() >= routing.weight) return published;
  return record.versions?.find(({ version }) => version === routing.version) ?? published;
}
