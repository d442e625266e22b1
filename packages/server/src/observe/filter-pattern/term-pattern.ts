/**
 * Terms for any text: all plain ones must occur, none with `-`, and where there are only terms
 * with `?`, one of these. Case matters; a term is found inside words too.
 */
import { InvalidFilterPattern, invalidCharacter } from './invalid-filter-pattern.ts';
import { parsePatternRegex } from './pattern-regex.ts';
import { parseQuoted } from './pattern-quoted.ts';
import { scanPattern, type PatternScanner } from './pattern-scanner.ts';

type MessageTest = (message: string) => boolean;

export function parseTermPattern(text: string): MessageTest {
  const scanner = scanPattern(text);
  const terms: { readonly kind: '' | '?' | '-'; readonly occursIn: MessageTest }[] = [];
  for (scanner.skipSpace(); !scanner.isAtEnd; scanner.skipSpace()) {
    const kind = scanner.takeOneOf(['?', '-'] as const) ?? '';
    terms.push({ kind, occursIn: parseTerm(scanner) });
  }
  const ofKind = (kind: string): readonly MessageTest[] =>
    terms.filter((term) => term.kind === kind).map((term) => term.occursIn);
  const [included, optional, excluded] = [ofKind(''), ofKind('?'), ofKind('-')];
  // AWS: optional terms are ignored beside terms of another kind.
  if (optional.length === terms.length && terms.length > 0) {
    return (message) => optional.some((occursIn) => occursIn(message));
  }
  return (message) =>
    included.every((occursIn) => occursIn(message)) &&
    !excluded.some((occursIn) => occursIn(message));
}

function parseTerm(scanner: PatternScanner): MessageTest {
  if (scanner.next === '%') {
    const regex = parsePatternRegex(scanner);
    return (message) => regex.test(message);
  }
  const term = scanner.next === '"' ? parseQuoted(scanner) : parseWord(scanner);
  return (message) => message.includes(term);
}

function parseWord(scanner: PatternScanner): string {
  const word = scanner.match(/\S+/y);
  if (word === undefined) throw new InvalidFilterPattern();
  const [wrong] = /[^\p{L}\p{N}_]/u.exec(word) ?? [];
  if (wrong !== undefined) throw invalidCharacter(wrong);
  return word;
}
