/**
 * `[ip, user, ..., status = 4*, bytes > 1000]`: an event as words divided by spaces, where quotes
 * and square brackets hold words together. The number of words must fit; `...` is any number.
 */
import { InvalidFilterPattern } from './invalid-filter-pattern.ts';
import { COMPARISONS, parseValueTest, type ValueTest } from './pattern-operand.ts';
import { scanPattern, type PatternScanner } from './pattern-scanner.ts';

type Column = ValueTest | 'rest';

export function parseSpacePattern(text: string): (message: string) => boolean {
  const scanner = scanPattern(text);
  scanner.expect('[');
  const columns = [parseColumn(scanner)];
  while (scanner.take(',')) columns.push(parseColumn(scanner));
  scanner.expect(']');
  const rests = columns.filter((column) => column === 'rest').length;
  if (!scanner.isAtEnd || rests > 1) throw new InvalidFilterPattern();
  return (message) => matchesColumns(wordsOf(message), columns);
}

function parseColumn(scanner: PatternScanner): Column {
  scanner.skipSpace();
  const isRest = scanner.take('...');
  const column = isRest ? 'rest' : parseAny(scanner, parseName(scanner));
  scanner.skipSpace();
  return column;
}

/** `name`, `name = x`, `name = x || name = y && name != z`: all about the same column. */
function parseAny(scanner: PatternScanner, name: string): ValueTest {
  const tests = [parseAll(scanner, name)];
  for (scanner.skipSpace(); scanner.take('||'); scanner.skipSpace()) {
    expectName(scanner, name);
    tests.push(parseAll(scanner, name));
  }
  return (value) => tests.some((test) => test(value));
}

function parseAll(scanner: PatternScanner, name: string): ValueTest {
  const tests = [parseComparison(scanner)];
  for (scanner.skipSpace(); scanner.take('&&'); scanner.skipSpace()) {
    expectName(scanner, name);
    tests.push(parseComparison(scanner));
  }
  return (value) => tests.every((test) => test(value));
}

function parseComparison(scanner: PatternScanner): ValueTest {
  scanner.skipSpace();
  const comparison = scanner.takeOneOf(COMPARISONS);
  return comparison === undefined ? () => true : parseValueTest(scanner, comparison);
}

function parseName(scanner: PatternScanner): string {
  scanner.skipSpace();
  return scanner.match(/[\p{L}\p{N}_\-$.]*/uy) ?? '';
}

/** AWS: a condition on another column's name is an invalid pattern. */
function expectName(scanner: PatternScanner, name: string): void {
  if (parseName(scanner) !== name) throw new InvalidFilterPattern();
}

function wordsOf(message: string): readonly string[] {
  const words = message.match(/\[[^\]]*\]|"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
  return words.map((word) => (/^(\[.*\]|".*")$/s.test(word) ? word.slice(1, -1) : word));
}

function matchesColumns(words: readonly string[], columns: readonly Column[]): boolean {
  const rest = columns.indexOf('rest');
  if (rest === -1) return words.length === columns.length && fits(words, columns);
  const after = columns.length - rest - 1;
  if (words.length < rest + after) return false;
  return (
    fits(words.slice(0, rest), columns.slice(0, rest)) &&
    fits(words.slice(words.length - after), columns.slice(rest + 1))
  );
}

function fits(words: readonly string[], columns: readonly Column[]): boolean {
  return columns.every((column, at) => column === 'rest' || column(words[at] ?? ''));
}
