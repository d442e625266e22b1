import { InvalidFilterPattern } from './invalid-filter-pattern.ts';
import type { PatternScanner } from './pattern-scanner.ts';

/** A phrase in double quotes; a backslash takes the meaning from a quote or a backslash. */
export function parseQuoted(scanner: PatternScanner): string {
  const quoted = scanner.match(/"(?:[^"\\]|\\[^])*"/y);
  if (quoted === undefined) throw new InvalidFilterPattern();
  return quoted.slice(1, -1).replaceAll(/\\(["\\])/g, '$1');
}
