/** The value of the option that changes limits: `timeoutSeconds=1800,layers=8`. */
import {
  adjustableLimits,
  limitsWith,
  type LimitName,
  type Limits,
} from '../core/adjustable-limits.ts';
import { nearestName } from './nearest-name.ts';
import { readInteger } from './read-integer.ts';

/** A string is the sentence that says why it is refused. */
export function parseLimits(given: string, text: string): Limits | string {
  const changed = new Map<LimitName, number>();
  for (const pair of text.split(',')) {
    const [name = '', number = '', ...rest] = pair.split('=').map((part) => part.trim());
    if (!isLimitName(name)) return `${given}: ${unknownLimit(name)}`;
    const { least, most } = adjustableLimits[name];
    const value = rest.length > 0 ? undefined : readInteger(number, least, most);
    if (value === undefined) {
      return `${given}: ${name} is a whole number from ${least} to ${most}; '${[number, ...rest].join('=')}' is not.`;
    }
    if (changed.has(name)) return `${given}: ${name} is given twice.`;
    changed.set(name, value);
  }
  return limitsWith(Object.fromEntries(changed));
}

function isLimitName(name: string): name is LimitName {
  return Object.hasOwn(adjustableLimits, name);
}

function unknownLimit(name: string): string {
  const names = Object.keys(adjustableLimits);
  const nearest = nearestName(name, names);
  const hint =
    nearest === undefined ? `The limits are ${names.join(', ')}.` : `Did you mean ${nearest}?`;
  return `there is no limit '${name}'. ${hint}`;
}
