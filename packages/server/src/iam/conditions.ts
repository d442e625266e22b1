/** The Condition block, compiled: every operator and every key in it must hold. */
import {
  parseOperator,
  type Comparison,
  type Operator,
  type Wanted,
} from './condition-operators.ts';
import { compileNetwork, type NetworkMatcher } from './condition-values.ts';
import type { ConditionBlock } from './policy-statement.ts';
import { compileTokens } from './pattern.ts';
import {
  asArnPattern,
  parseTemplate,
  type ConditionKeys,
  type Template,
} from './policy-variables.ts';

export type Condition = (keys: ConditionKeys) => boolean;

/**
 * `unknown` is what an operator that cannot be evaluated answers: false in an Allow statement,
 * true in a Deny, so that it never allows more. (The parser refuses such operators; a document
 * stored by a newer version could hold one.)
 */
export function compileConditions(
  block: ConditionBlock | undefined,
  withVariables: boolean,
  unknown: boolean,
): Condition {
  const conditions = Object.entries(block ?? {}).flatMap(([name, keys]) => {
    const operator = parseOperator(name);
    return Object.entries(keys).map(([key, values]) => {
      if (operator === undefined) return () => unknown;
      const texts = [values].flat().map(String);
      return compileKey(operator, key.toLowerCase(), texts, { withVariables, unknown });
    });
  });
  if (conditions.length === 0) return () => true;
  return (keys) => conditions.every((condition) => condition(keys));
}

function compileKey(
  operator: Operator,
  key: string,
  values: readonly string[],
  { withVariables, unknown }: { readonly withVariables: boolean; readonly unknown: boolean },
): Condition {
  const { comparison, quantifier, ifExists } = operator;
  if (comparison === 'Null') return isNull(key, values);
  const resolvers = values.map((value) => resolverOf(parseTemplate(value, withVariables)));
  const whenAbsent = absent(operator, comparison);
  return (keys) => {
    const actual = keys(key);
    if (actual === undefined || actual.length === 0) return ifExists || whenAbsent;
    const wanted = resolvers.map((resolver) => resolver(keys));
    const holds = (value: string): boolean => satisfies(value, wanted, comparison, unknown);
    // AWS leaves several values without a quantifier undefined; a negation must hold for all.
    const needsAll = quantifier === 'ForAllValues' || (!quantifier && comparison.isNegated);
    return needsAll ? actual.every(holds) : actual.some(holds);
  };
}

/** AWS: an absent key satisfies ForAllValues and negated operators, and nothing else. */
function absent({ quantifier }: Operator, comparison: Comparison): boolean {
  if (quantifier === 'ForAllValues') return true;
  return quantifier === undefined && comparison.isNegated;
}

/** A negation over what has no value, or cannot be compared, is `unknown`. */
function satisfies(
  actual: string,
  wanted: readonly (Wanted | undefined)[],
  comparison: Comparison,
  unknown: boolean,
): boolean {
  const results = wanted.map((each) => each && comparison.compare(actual, each));
  if (!comparison.isNegated) return results.includes(true);
  if (results.includes(true)) return false;
  return results.includes(undefined) ? unknown : true;
}

/** Compiled once where the value is the same in every request. */
function resolverOf(template: Template): (keys: ConditionKeys) => Wanted | undefined {
  if (template.hasVariables) return (keys) => resolve(template, keys);
  const wanted = resolve(template, () => undefined);
  return () => wanted;
}

function resolve(template: Template, keys: ConditionKeys): Wanted | undefined {
  const text = template.text(keys);
  const tokens = template.tokens(keys);
  if (text === undefined || tokens === undefined) return undefined;
  // Few values are networks, and those with variables are resolved for each request.
  let network: NetworkMatcher | undefined;
  return {
    text,
    like: compileTokens(tokens),
    arnLike: compileTokens(asArnPattern(tokens)),
    inNetwork: (address) => (network ??= compileNetwork(text))(address),
  };
}

/** `"true"`: the key must be absent; `"false"`: it must be there. */
function isNull(key: string, values: readonly string[]): Condition {
  const wanted = new Set(values.map((value) => value.toLowerCase()));
  return (keys) => {
    const actual = keys(key);
    return wanted.has(String(actual === undefined || actual.length === 0));
  };
}
