/** A place in a pattern's text, for the parsers of this folder. */
import { InvalidFilterPattern } from './invalid-filter-pattern.ts';

export interface PatternScanner {
  readonly isAtEnd: boolean;
  readonly next: string;
  skipSpace(): void;
  /** Steps over the text if it comes next. */
  take(text: string): boolean;
  /** Steps over the text or throws. */
  expect(text: string): void;
  /** Steps over what the sticky expression matches; undefined if it does not match here. */
  match(sticky: RegExp): string | undefined;
  /** The first of these that comes next, stepped over. */
  takeOneOf<Text extends string>(texts: readonly Text[]): Text | undefined;
}

export function scanPattern(text: string): PatternScanner {
  let at = 0;
  const take = (expected: string): boolean => {
    if (!text.startsWith(expected, at)) return false;
    at += expected.length;
    return true;
  };
  const match = (sticky: RegExp): string | undefined => {
    sticky.lastIndex = at;
    const found = sticky.exec(text)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  return {
    get isAtEnd() {
      return at >= text.length;
    },
    get next() {
      return text[at] ?? '';
    },
    skipSpace: () => void match(/\s*/y),
    take,
    expect: (expected) => {
      if (!take(expected)) throw new InvalidFilterPattern();
    },
    match,
    takeOneOf: (texts) => texts.find(take),
  };
}
