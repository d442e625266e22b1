/**
 * Policy variables (`${aws:username}`, `${aws:PrincipalTag/team, 'none'}`, `${*}`) in resources
 * and condition values. AWS: a variable whose key is absent or has several values makes the text
 * that holds it match nothing.
 */
import {
  ANY_RUN,
  ANY_RUN_IN_SEGMENT,
  literalTokens,
  wildcardTokens,
  type Token,
} from './pattern.ts';

/** Values of a condition key, named in lower case; undefined where the request has none. */
export type ConditionKeys = (key: string) => readonly string[] | undefined;

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'variable'; readonly key: string; readonly otherwise: string | undefined };

export interface Template {
  readonly hasVariables: boolean;
  /** `undefined`: a variable has no value, nothing can match. */
  tokens(keys: ConditionKeys): Token[] | undefined;
  /** As text, for comparisons in which `*` and `?` mean themselves. */
  text(keys: ConditionKeys): string | undefined;
}

/** Variables exist from policy version 2012-10-17 on; before that `${` means itself. */
export function parseTemplate(source: string, withVariables: boolean): Template {
  const parts: readonly Part[] = withVariables
    ? splitVariables(source)
    : [{ kind: 'text', text: source }];
  return {
    hasVariables: parts.some((part) => part.kind === 'variable'),
    tokens: (keys) => joinTokens(parts, keys),
    text: (keys) => joinText(parts, keys),
  };
}

/**
 * AWS: in an ARN `*` crosses a colon only where it is the last character of its segment; behind
 * the fifth colon everything is the resource's own part. Segments left out match anything.
 */
export function asArnPattern(tokens: readonly Token[]): Token[] {
  let colons = 0;
  const pattern = tokens.map((token, index) => {
    if (token === COLON) colons++;
    const next = tokens[index + 1];
    const isLastOfSegment = next === undefined || next === COLON;
    return token === ANY_RUN && colons < 5 && !isLastOfSegment ? ANY_RUN_IN_SEGMENT : token;
  });
  while (colons++ < 5) pattern.push(COLON, ANY_RUN);
  return pattern;
}

function splitVariables(source: string): Part[] {
  const parts: Part[] = [];
  let rest = source;
  for (let start = rest.indexOf('${'); start >= 0; start = rest.indexOf('${')) {
    const end = rest.indexOf('}', start);
    if (end < 0) break;
    parts.push({ kind: 'text', text: rest.slice(0, start) });
    parts.push(variable(rest.slice(start + 2, end)));
    rest = rest.slice(end + 1);
  }
  parts.push({ kind: 'text', text: rest });
  return parts;
}

function variable(name: string): Part {
  if (name === '*' || name === '?' || name === '$') return { kind: 'literal', text: name };
  const withDefault = /^([^,]+),\s*'([^']*)'$/.exec(name.trim());
  const key = (withDefault?.[1] ?? name).trim().toLowerCase();
  return { kind: 'variable', key, otherwise: withDefault?.[2] };
}

function joinTokens(parts: readonly Part[], keys: ConditionKeys): Token[] | undefined {
  const tokens: Token[] = [];
  for (const part of parts) {
    const text = part.kind === 'variable' ? valueOf(part, keys) : part.text;
    if (text === undefined) return undefined;
    // What a variable stands for is never a wildcard: a tag value `*` must not open everything.
    tokens.push(...(part.kind === 'text' ? wildcardTokens(text) : literalTokens(text)));
  }
  return tokens;
}

function joinText(parts: readonly Part[], keys: ConditionKeys): string | undefined {
  let joined = '';
  for (const part of parts) {
    const text = part.kind === 'variable' ? valueOf(part, keys) : part.text;
    if (text === undefined) return undefined;
    joined += text;
  }
  return joined;
}

function valueOf(
  part: { readonly key: string; readonly otherwise: string | undefined },
  keys: ConditionKeys,
): string | undefined {
  const values = keys(part.key);
  return values?.length === 1 ? values[0] : part.otherwise;
}

const COLON = 0x3a;
