/**
 * What can stand in the array of a pattern's field: a value, or one of the comparisons. Each
 * becomes a test of one scalar of the event; `'absent'` is `{"exists": false}`, which has none to test.
 *
 * Mirrors "Comparison operators for use in event patterns" of EventBridge's user guide, and where
 * that is silent the library that AWS publishes for its own pattern language (event-ruler).
 */
import { BlockList, isIP, isIPv4 } from 'node:net';
import { InvalidEventPattern } from './invalid-event-pattern.ts';
import { parseWildcard } from './wildcard.ts';

export type Scalar = string | number | boolean | null;
export type LeafTest = (value: Scalar) => boolean;

/** Numeric comparisons know no more than this, on either side of 0. */
const LARGEST_NUMBER = 5e9;

export function parseLeafTest(value: unknown): LeafTest | 'absent' {
  if (isScalar(value)) return (scalar) => scalar === value;
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new InvalidEventPattern('A field lists values and comparisons, no arrays.');
  }
  const [operator, operand] = onlyMember(value);
  if (operator === 'exists') return parseExists(operand);
  const comparison = comparisons[operator as keyof typeof comparisons];
  if (!Object.hasOwn(comparisons, operator)) {
    throw new InvalidEventPattern(`There is no comparison named ${operator}.`);
  }
  return comparison(operand, operator);
}

const comparisons = {
  exactly: (operand: unknown, name: string) => equalsText(textOf(operand, name)),
  prefix: parsePrefix,
  suffix: parseSuffix,
  'equals-ignore-case': (operand: unknown, name: string) =>
    equalsIgnoringCase(textOf(operand, name)),
  wildcard: (operand: unknown, name: string) => onText(parseWildcard(textOf(operand, name))),
  numeric: parseNumeric,
  cidr: parseCidr,
  'anything-but': parseAnythingBut,
};

function parseExists(operand: unknown): LeafTest | 'absent' {
  if (typeof operand !== 'boolean') {
    throw new InvalidEventPattern('The value of exists is true or false.');
  }
  return operand ? () => true : 'absent';
}

function parsePrefix(operand: unknown, name: string): LeafTest {
  const { text, isFolded } = edgeOf(operand, name);
  return isFolded
    ? onText((value) => fold(value).startsWith(fold(text)))
    : onText((value) => value.startsWith(text));
}

function parseSuffix(operand: unknown, name: string): LeafTest {
  const { text, isFolded } = edgeOf(operand, name);
  return isFolded
    ? onText((value) => fold(value).endsWith(fold(text)))
    : onText((value) => value.endsWith(text));
}

/** `"text"` or `{"equals-ignore-case": "text"}`. */
function edgeOf(operand: unknown, name: string): { text: string; isFolded: boolean } {
  if (typeof operand === 'string') return { text: operand, isFolded: false };
  const [inner, text] = onlyMember(operand);
  if (inner !== 'equals-ignore-case') {
    throw new InvalidEventPattern(`The value of ${name} is a string.`);
  }
  return { text: textOf(text, name), isFolded: true };
}

/** `["=", n]`, one bound, or a lower bound followed by an upper one. */
function parseNumeric(operand: unknown): LeafTest {
  if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4)) {
    throw new InvalidEventPattern('The value of numeric is a list of operators and numbers.');
  }
  const [operator, number, upperOperator, upperNumber] = operand as unknown[];
  const first = parseBound(operator, number);
  if (operand.length === 2) return first;
  const isRange =
    (operator === '>' || operator === '>=') && (upperOperator === '<' || upperOperator === '<=');
  if (!isRange) throw new InvalidEventPattern('A numeric range has a lower and an upper bound.');
  const second = parseBound(upperOperator, upperNumber);
  if (Number(number) > Number(upperNumber)) {
    throw new InvalidEventPattern('The lower bound of a numeric range is above the upper one.');
  }
  return (value) => first(value) && second(value);
}

function parseBound(operator: unknown, bound: unknown): LeafTest {
  if (typeof bound !== 'number' || Math.abs(bound) > LARGEST_NUMBER) {
    throw new InvalidEventPattern('Numeric comparisons take numbers between -5.0e9 and 5.0e9.');
  }
  switch (operator) {
    case '=':
      return onNumber((value) => value === bound);
    case '<':
      return onNumber((value) => value < bound);
    case '<=':
      return onNumber((value) => value <= bound);
    case '>':
      return onNumber((value) => value > bound);
    case '>=':
      return onNumber((value) => value >= bound);
    default:
      throw new InvalidEventPattern(`There is no numeric operator ${String(operator)}.`);
  }
}

function parseCidr(operand: unknown, name: string): LeafTest {
  const [address = '', bits = '', ...rest] = textOf(operand, name).split('/');
  const most = isIPv4(address) ? 32 : 128;
  if (isIP(address) === 0 || rest.length > 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > most) {
    throw new InvalidEventPattern('The value of cidr is an address, a slash and a number of bits.');
  }
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  const range = new BlockList();
  range.addSubnet(address, Number(bits), family);
  const version = family === 'ipv4' ? 4 : 6;
  return onText((value) => isIP(value) === version && range.check(value, family));
}

/** Holds for every scalar of which what it names does not hold, of whatever type. */
function parseAnythingBut(operand: unknown): LeafTest {
  const refused = refusedBy(operand);
  return (value) => !refused.some((test) => test(value));
}

function refusedBy(operand: unknown): LeafTest[] {
  if (typeof operand !== 'object' || operand === null || Array.isArray(operand)) {
    const values = listOf(operand);
    const kinds = new Set(values.map((value) => typeof value));
    if (kinds.size !== 1 || !(kinds.has('string') || kinds.has('number'))) {
      throw new InvalidEventPattern('anything-but takes strings or numbers, not both.');
    }
    return values.map((value) => (scalar) => scalar === value);
  }
  const [operator, inner] = onlyMember(operand);
  const texts = listOf(inner).map((text) => textOf(text, operator));
  if (texts.length === 0) throw new InvalidEventPattern(`anything-but ${operator} is empty.`);
  switch (operator) {
    case 'prefix':
      return texts.map(filled).map((text) => onText((value) => value.startsWith(text)));
    case 'suffix':
      return texts.map(filled).map((text) => onText((value) => value.endsWith(text)));
    case 'equals-ignore-case':
      return texts.map(equalsIgnoringCase);
    case 'wildcard':
      return texts.map((text) => onText(parseWildcard(text)));
    default:
      throw new InvalidEventPattern(`anything-but cannot be applied to ${operator}.`);
  }
}

function filled(text: string): string {
  if (text === '') throw new InvalidEventPattern('An empty prefix or suffix excludes everything.');
  return text;
}

function equalsText(text: string): LeafTest {
  return (value) => value === text;
}

function equalsIgnoringCase(text: string): LeafTest {
  const folded = fold(text);
  return onText((value) => fold(value) === folded);
}

/** Through upper case first: the two forms of a Greek final sigma then are the same. */
function fold(text: string): string {
  return text.toUpperCase().toLowerCase();
}

function onText(test: (value: string) => boolean): LeafTest {
  return (value) => typeof value === 'string' && test(value);
}

function onNumber(test: (value: number) => boolean): LeafTest {
  return (value) => typeof value === 'number' && Math.abs(value) <= LARGEST_NUMBER && test(value);
}

function textOf(value: unknown, operator: string): string {
  if (typeof value === 'string') return value;
  throw new InvalidEventPattern(`The value of ${operator} is a string.`);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function onlyMember(value: unknown): readonly [string, unknown] {
  const members =
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value)
      : [];
  const [member] = members;
  if (member === undefined || members.length > 1) {
    throw new InvalidEventPattern('A comparison is an object with one member.');
  }
  return member;
}

export function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
