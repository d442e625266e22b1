/** `{ ($.level = "ERROR" || $.status >= 500) && $.user NOT EXISTS }`; `&&` binds closer. */
import { InvalidFilterPattern } from './invalid-filter-pattern.ts';
import { parseSelector, type JsonSelector } from './json-selector.ts';
import { COMPARISONS, parseValueTest } from './pattern-operand.ts';
import { scanPattern, type PatternScanner } from './pattern-scanner.ts';

type EventTest = (event: unknown) => boolean;

/** Deeper nesting than anybody writes; bounds the recursion on hostile input. */
const DEEPEST = 50;

export function parseJsonPattern(text: string): (message: string) => boolean {
  if (!text.endsWith('}')) {
    throw new InvalidFilterPattern("If a filter pattern starts with '{' it must end with '}'");
  }
  const scanner = scanPattern(text);
  scanner.expect('{');
  const test = parseAny(scanner, 0);
  scanner.skipSpace();
  scanner.expect('}');
  if (!scanner.isAtEnd) throw new InvalidFilterPattern();
  return (message) => {
    const event = parseEvent(message);
    return event !== undefined && test(event);
  };
}

function parseAny(scanner: PatternScanner, depth: number): EventTest {
  const tests = [parseAll(scanner, depth)];
  for (scanner.skipSpace(); scanner.take('||'); scanner.skipSpace()) {
    tests.push(parseAll(scanner, depth));
  }
  return tests.length === 1 && tests[0] ? tests[0] : (event) => tests.some((test) => test(event));
}

function parseAll(scanner: PatternScanner, depth: number): EventTest {
  const tests = [parseOne(scanner, depth)];
  for (scanner.skipSpace(); scanner.take('&&'); scanner.skipSpace()) {
    tests.push(parseOne(scanner, depth));
  }
  return tests.length === 1 && tests[0] ? tests[0] : (event) => tests.every((test) => test(event));
}

function parseOne(scanner: PatternScanner, depth: number): EventTest {
  scanner.skipSpace();
  if (!scanner.take('(')) return parseCondition(scanner);
  if (depth >= DEEPEST) throw new InvalidFilterPattern();
  const test = parseAny(scanner, depth + 1);
  scanner.skipSpace();
  scanner.expect(')');
  return test;
}

function parseCondition(scanner: PatternScanner): EventTest {
  const select = parseSelector(scanner);
  scanner.skipSpace();
  if (scanner.match(/NOT\s+EXISTS\b/y)) return (event) => select(event).length === 0;
  const constant = scanner.match(/IS\s+(NULL|TRUE|FALSE)\b/y)?.split(/\s+/)[1];
  if (constant !== undefined) return parseConstant(select, constant);
  const comparison = scanner.takeOneOf(COMPARISONS);
  if (comparison === undefined) throw new InvalidFilterPattern();
  const test = parseValueTest(scanner, comparison);
  // AWS: a property that does not exist satisfies no comparison, `!=` included.
  return (event) => select(event).some((value) => isScalar(value) && test(value));
}

function parseConstant(select: JsonSelector, word: string): EventTest {
  const constant: unknown = JSON.parse(word.toLowerCase());
  return (event) => select(event).includes(constant);
}

function isScalar(value: unknown): value is string | number | boolean | null {
  return value === null || typeof value !== 'object';
}

function parseEvent(message: string): unknown {
  // Most lines of a function are not JSON; an exception for each would cost more than the search.
  if (!/^\s*[{[]/.test(message)) return undefined;
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}
