/**
 * EventBridge's pattern language, which rules and Lambda's event filters share. A pattern has the
 * form of the events that it matches; each of its fields lists what the field may be. All fields
 * must match; `$or` lists objects of which one must.
 *
 * Arrays of the event: one of the elements must match, and all fields of one object must match in
 * the same element. Pure; the time of a match grows with event times pattern and no faster.
 */
import { InvalidEventPattern } from './invalid-event-pattern.ts';
import { isScalar, parseLeafTest, type LeafTest, type Scalar } from './leaf-test.ts';

export interface EventPattern {
  /** Whether a value that was parsed from JSON matches. */
  matches(event: unknown): boolean;
}

/** Refuses what is no pattern with `InvalidEventPattern`. */
export function parseEventPattern(text: string): EventPattern {
  const root = parseObject(parseJson(text), '');
  return { matches: (event) => objectMatches(root, event) };
}

type PatternNode = LeafNode | ObjectNode;

interface LeafNode {
  readonly kind: 'leaf';
  readonly tests: readonly LeafTest[];
  /** `{"exists": false}` is among the alternatives. */
  readonly isAbsenceAllowed: boolean;
}

interface ObjectNode {
  readonly kind: 'object';
  readonly fields: readonly (readonly [name: string, node: PatternNode])[];
  /** Of each `$or`: one must match. */
  readonly alternatives: readonly ObjectNode[];
  /** Nothing is asked for but that fields are not there. */
  readonly isOnlyAbsence: boolean;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InvalidEventPattern('The pattern is not JSON.', { cause });
  }
}

function parseObject(value: unknown, path: string): ObjectNode {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidEventPattern(path === '' ? 'The pattern is not an object.' : notAField(path));
  }
  const entries = Object.entries(value);
  if (entries.length === 0) throw new InvalidEventPattern('Empty objects are not allowed.');
  const fields = entries
    .filter(([name]) => name !== '$or')
    .map(([name, field]) => [name, parseField(field, `${path}${name}`)] as const);
  const alternatives = Object.hasOwn(value, '$or')
    ? parseAlternatives((value as Record<string, unknown>)['$or'], path)
    : [];
  return {
    kind: 'object',
    fields,
    alternatives,
    isOnlyAbsence: [...fields.map(([, node]) => node), ...alternatives].every(asksForAbsence),
  };
}

function parseField(value: unknown, path: string): PatternNode {
  if (!Array.isArray(value)) return parseObject(value, `${path}.`);
  if (value.length === 0) throw new InvalidEventPattern(`The list of ${path} is empty.`);
  const tests = value.map(parseLeafTest);
  return {
    kind: 'leaf',
    tests: tests.filter((test) => test !== 'absent'),
    isAbsenceAllowed: tests.includes('absent'),
  };
}

function parseAlternatives(value: unknown, path: string): ObjectNode[] {
  if (!Array.isArray(value) || value.length < 2) {
    throw new InvalidEventPattern('$or takes a list of two or more objects.');
  }
  return value.map((alternative) => parseObject(alternative, path === '' ? '$or.' : path));
}

function asksForAbsence(node: PatternNode): boolean {
  return node.kind === 'leaf'
    ? node.tests.length === 0 && node.isAbsenceAllowed
    : node.isOnlyAbsence;
}

function notAField(path: string): string {
  return `${path.slice(0, -1)} is neither an object nor a list.`;
}

function nodeMatches(node: PatternNode, value: unknown): boolean {
  return node.kind === 'leaf' ? leafMatches(node, value) : objectMatches(node, value);
}

function leafMatches({ tests, isAbsenceAllowed }: LeafNode, value: unknown): boolean {
  const scalars = elementsOf(value).filter(isScalar);
  if (scalars.length === 0) return isAbsenceAllowed;
  return scalars.some((scalar: Scalar) => tests.some((test) => test(scalar)));
}

function objectMatches(node: ObjectNode, value: unknown): boolean {
  if (!Array.isArray(value)) return membersMatch(node, value);
  const elements = elementsOf(value).filter((element) => !isScalar(element));
  return node.isOnlyAbsence
    ? elements.every((element) => membersMatch(node, element))
    : elements.some((element) => membersMatch(node, element));
}

/** Of what is no object, every field is absent. */
function membersMatch({ fields, alternatives }: ObjectNode, value: unknown): boolean {
  const members = (isScalar(value) || value === undefined ? {} : value) as Record<string, unknown>;
  const member = (name: string): unknown =>
    Object.hasOwn(members, name) ? members[name] : undefined;
  return (
    fields.every(([name, node]) => nodeMatches(node, member(name))) &&
    (alternatives.length === 0 || alternatives.some((node) => objectMatches(node, members)))
  );
}

/** A value that is no array, or the elements of it and of the arrays in it, however deep. */
function elementsOf(value: unknown): unknown[] {
  const found: unknown[] = [];
  const waiting = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (Array.isArray(next)) for (const element of next) waiting.push(element);
    else if (next !== undefined) found.push(next);
  }
  return found;
}
