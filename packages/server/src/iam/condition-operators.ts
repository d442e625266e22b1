/**
 * The operators of the Condition block as a table: how one value of the request is compared with
 * one value of the policy. `IfExists`, `ForAllValues` and `ForAnyValue` are in conditions.ts.
 */
import { asInstant, type NetworkMatcher } from './condition-values.ts';
import type { Matcher } from './pattern.ts';

/** What a policy's value is at evaluation: text, and the same with its wildcards. */
export interface Wanted {
  readonly text: string;
  readonly like: Matcher;
  readonly arnLike: Matcher;
  readonly inNetwork: NetworkMatcher;
}

export interface Comparison {
  /** True for the `Not...` operators: no value of the policy may match. */
  readonly isNegated: boolean;
  /** `undefined`: the two cannot be compared, which satisfies neither form of the operator. */
  compare(actual: string, wanted: Wanted): boolean | undefined;
}

type Quantifier = 'ForAllValues' | 'ForAnyValue' | undefined;

export interface Operator {
  readonly quantifier: Quantifier;
  readonly ifExists: boolean;
  /** `Null` asks for the key itself and compares nothing. */
  readonly comparison: Comparison | 'Null';
}

/** `ForAllValues:StringLikeIfExists`; undefined for an operator that does not exist. */
export function parseOperator(name: string): Operator | undefined {
  const match = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(name);
  if (match === null) return undefined;
  const [, quantifier, base = '', suffix] = match;
  const ifExists = suffix !== undefined;
  const comparison = base === 'Null' && !ifExists ? 'Null' : comparisons.get(base);
  if (comparison === undefined) return undefined;
  return { quantifier: quantifier as Quantifier, ifExists, comparison };
}

type Compare = Comparison['compare'];

const stringEquals: Compare = (actual, { text }) => actual === text;
const ignoreCase: Compare = (actual, { text }) => actual.toLowerCase() === text.toLowerCase();
const stringLike: Compare = (actual, { like }) => like(actual);
/** AWS: ArnEquals and ArnLike behave alike. */
const arnLike: Compare = (actual, wanted) => actual.startsWith('arn:') && wanted.arnLike(actual);
const bool: Compare = (actual, { text }) => {
  const wanted = text.toLowerCase();
  if (wanted !== 'true' && wanted !== 'false') return undefined;
  return actual.toLowerCase() === wanted;
};
const ipAddress: Compare = (actual, { inNetwork }) => inNetwork(actual);

function numeric(holds: (actual: number, wanted: number) => boolean): Compare {
  return (actual, { text }) => both(asNumber(actual), asNumber(text), holds);
}

function date(holds: (actual: number, wanted: number) => boolean): Compare {
  return (actual, { text }) => both(asInstant(actual), asInstant(text), holds);
}

function both(
  actual: number | undefined,
  wanted: number | undefined,
  holds: (actual: number, wanted: number) => boolean,
): boolean | undefined {
  return actual === undefined || wanted === undefined ? undefined : holds(actual, wanted);
}

function asNumber(text: string): number | undefined {
  return /^[+-]?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : undefined;
}

const equals = (actual: number, wanted: number): boolean => actual === wanted;
const orders: readonly (readonly [string, (actual: number, wanted: number) => boolean])[] = [
  ['LessThan', (actual, wanted) => actual < wanted],
  ['LessThanEquals', (actual, wanted) => actual <= wanted],
  ['GreaterThan', (actual, wanted) => actual > wanted],
  ['GreaterThanEquals', (actual, wanted) => actual >= wanted],
];

const positive: Readonly<Record<string, Compare>> = {
  StringEquals: stringEquals,
  StringEqualsIgnoreCase: ignoreCase,
  StringLike: stringLike,
  NumericEquals: numeric(equals),
  DateEquals: date(equals),
  ArnEquals: arnLike,
  ArnLike: arnLike,
  IpAddress: ipAddress,
  Bool: bool,
  BinaryEquals: stringEquals,
  ...Object.fromEntries(orders.map(([name, holds]) => [`Numeric${name}`, numeric(holds)])),
  ...Object.fromEntries(orders.map(([name, holds]) => [`Date${name}`, date(holds)])),
};

const negative: Readonly<Record<string, Compare>> = {
  StringNotEquals: stringEquals,
  StringNotEqualsIgnoreCase: ignoreCase,
  StringNotLike: stringLike,
  NumericNotEquals: numeric(equals),
  DateNotEquals: date(equals),
  ArnNotEquals: arnLike,
  ArnNotLike: arnLike,
  NotIpAddress: ipAddress,
};

const comparisons: ReadonlyMap<string, Comparison> = new Map([
  ...entriesOf(positive, false),
  ...entriesOf(negative, true),
]);

function entriesOf(
  table: Readonly<Record<string, Compare>>,
  isNegated: boolean,
): readonly (readonly [string, Comparison])[] {
  return Object.entries(table).map(([name, compare]) => [name, { isNegated, compare }]);
}
