/**
 * A regular expression between percent signs. AWS's kind knows no groups, so a match takes
 * polynomial time at worst; the thread that searches is given up when it takes too long.
 */
import { InvalidFilterPattern, invalidCharacter } from './invalid-filter-pattern.ts';
import type { PatternScanner } from './pattern-scanner.ts';

export function parsePatternRegex(scanner: PatternScanner): RegExp {
  const source = scanner.match(/%(?:[^%\\]|\\[^])+%/y)?.slice(1, -1);
  if (source === undefined) throw new InvalidFilterPattern();
  const [wrong] = /[^A-Za-z0-9_#=@/;,\-:^$?[\]{}|\\*+.]/.exec(source) ?? [];
  if (wrong !== undefined) throw invalidCharacter(wrong);
  try {
    return new RegExp(source);
  } catch (error) {
    throw Object.assign(new InvalidFilterPattern(), { cause: error });
  }
}
