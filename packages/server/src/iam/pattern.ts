/**
 * Wildcards of the policy language: `*` is any run of characters, `?` any one. Matching is linear
 * in pattern times text whatever the pattern, so a policy cannot make a decision slow.
 */

/** A character as its code unit, or one of the wildcards below. */
export type Token = number;
export const ANY_RUN: Token = -1;
const ANY_ONE: Token = -2;
/** A run that stops at a colon: `*` inside a segment of an ARN, where it is not the last. */
export const ANY_RUN_IN_SEGMENT: Token = -3;

export type Matcher = (text: string) => boolean;

/** Every `*` and `?` of the text is a wildcard. */
export function wildcardTokens(text: string): Token[] {
  return Array.from({ length: text.length }, (_, index) => tokenOf(text.charCodeAt(index)));
}

/** No character of the text is a wildcard. */
export function literalTokens(text: string): Token[] {
  return Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
}

export function compileTokens(tokens: readonly Token[]): Matcher {
  const firstWildcard = tokens.findIndex((token) => token < 0);
  if (firstWildcard === -1) {
    const exact = textOf(tokens);
    return (text) => text === exact;
  }
  // `*` alone and `prefix*` are most of what policies hold.
  if (firstWildcard === tokens.length - 1 && tokens[firstWildcard] === ANY_RUN) {
    const prefix = textOf(tokens.slice(0, firstWildcard));
    return (text) => text.startsWith(prefix);
  }
  if (tokens.includes(ANY_RUN_IN_SEGMENT)) return (text) => matchesWithSegments(tokens, text);
  return (text) => matches(tokens, text);
}

function tokenOf(code: number): Token {
  if (code === 0x2a) return ANY_RUN;
  return code === 0x3f ? ANY_ONE : code;
}

function textOf(tokens: readonly Token[]): string {
  return String.fromCharCode(...tokens);
}

/** Greedy: only the last `*` ever has to be reconsidered. */
function matches(tokens: readonly Token[], text: string): boolean {
  let token = 0;
  let at = 0;
  let star = -1;
  let starAt = 0;
  while (at < text.length) {
    const wanted = tokens[token];
    if (wanted === ANY_RUN) {
      star = token++;
      starAt = at;
    } else if (wanted === ANY_ONE || wanted === text.charCodeAt(at)) {
      token++;
      at++;
    } else if (star >= 0) {
      token = star + 1;
      at = ++starAt;
    } else {
      return false;
    }
  }
  while (tokens[token] === ANY_RUN) token++;
  return token === tokens.length;
}

/** With two kinds of runs the greedy way is not complete: keep every position that is possible. */
function matchesWithSegments(tokens: readonly Token[], text: string): boolean {
  let reachable = skipRuns(tokens, new Set([0]));
  for (let at = 0; at < text.length && reachable.size > 0; at++) {
    const code = text.charCodeAt(at);
    const next = new Set<number>();
    for (const position of reachable) {
      const token = tokens[position];
      if (token === ANY_RUN || (token === ANY_RUN_IN_SEGMENT && code !== COLON)) next.add(position);
      else if (token === ANY_ONE || token === code) next.add(position + 1);
    }
    reachable = skipRuns(tokens, next);
  }
  return reachable.has(tokens.length);
}

/** A run may also be empty. Sets iterate over what is added meanwhile. */
function skipRuns(tokens: readonly Token[], positions: Set<number>): Set<number> {
  for (const position of positions) {
    const token = tokens[position];
    if (token === ANY_RUN || token === ANY_RUN_IN_SEGMENT) positions.add(position + 1);
  }
  return positions;
}

const COLON = 0x3a;
