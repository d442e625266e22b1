/**
 * What stands on the right of a comparison, and the comparison itself: a number, a word or quoted
 * string with `*` for anything, or a regular expression between percent signs.
 */
import { InvalidFilterPattern, invalidCharacter } from './invalid-filter-pattern.ts';
import type { PatternScanner } from './pattern-scanner.ts';
import { parsePatternRegex } from './pattern-regex.ts';
import { parseQuoted } from './pattern-quoted.ts';

export const COMPARISONS = ['!=', '>=', '<=', '=', '>', '<'] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** Whether a value of an event satisfies the comparison. */
export type ValueTest = (value: string | number | boolean | null) => boolean;

/** Reads the operand that comes next and binds it to the operator. */
export function parseValueTest(scanner: PatternScanner, comparison: Comparison): ValueTest {
  scanner.skipSpace();
  const isEqual = parseOperand(scanner);
  if (comparison === '=') return isEqual.test;
  if (comparison === '!=') return (value) => !isEqual.test(value);
  if (isEqual.number === undefined) throw new InvalidFilterPattern();
  return orderTest(comparison, isEqual.number);
}

interface Operand {
  readonly test: ValueTest;
  readonly number?: number;
}

function parseOperand(scanner: PatternScanner): Operand {
  if (scanner.next === '%') {
    const regex = parsePatternRegex(scanner);
    return { test: (value) => value !== null && regex.test(String(value)) };
  }
  if (scanner.next === '"') return { test: textTest(parseQuoted(scanner)) };
  const word = scanner.match(/[^\s(){}&|,\]"%]+/y);
  if (word === undefined) throw new InvalidFilterPattern();
  // AWS: other characters need quotes; single quotes are the usual mistake.
  const [wrong] = /[^\p{L}\p{N}_*.\-:/+@#$]/u.exec(word) ?? [];
  if (wrong !== undefined) throw invalidCharacter(wrong);
  if (!/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(word)) return { test: textTest(word) };
  const number = Number(word);
  return {
    number,
    test: (value) => (typeof value === 'number' ? value === number : value === word),
  };
}

function orderTest(comparison: '>' | '<' | '>=' | '<=', bound: number): ValueTest {
  return (value) => {
    const number = asNumber(value);
    if (number === undefined) return false;
    switch (comparison) {
      case '>':
        return number > bound;
      case '<':
        return number < bound;
      case '>=':
        return number >= bound;
      case '<=':
        return number <= bound;
    }
  };
}

function asNumber(value: string | number | boolean | null): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !/^[-+]?[\d.]+(e[-+]?\d+)?$/i.test(value)) return undefined;
  const number = Number(value);
  return Number.isNaN(number) ? undefined : number;
}

function textTest(pattern: string): ValueTest {
  if (!pattern.includes('*')) return (value) => value !== null && String(value) === pattern;
  const pieces = pattern.split('*');
  return (value) => value !== null && matchesPieces(String(value), pieces);
}

/** First and last piece are anchored, those between are found one after the other: no backtracking. */
function matchesPieces(text: string, pieces: readonly string[]): boolean {
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  if (text.length < first.length + last.length) return false;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return at <= text.length - last.length;
}
