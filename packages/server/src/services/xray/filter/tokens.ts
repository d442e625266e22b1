/** A filter expression in pieces. */
import { invalidRequest } from '../xray-errors.ts';

export type Token =
  | { readonly kind: 'word' | 'sign'; readonly text: string }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'number'; readonly text: string; readonly value: number };

const piece =
  /\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(-?\d+(?:\.\d+)?(?![\w.]))|([A-Za-z_][\w.-]*)|(!=|<=|>=|[=<>!(){}[\],:]))/sy;

/** Strings come without their quotes. */
export function tokensOf(expression: string): readonly Token[] {
  const tokens: Token[] = [];
  const text = expression.trimEnd();
  piece.lastIndex = 0;
  while (piece.lastIndex < text.length) {
    const at = piece.lastIndex;
    const match = piece.exec(text);
    if (match === null) throw invalidFilter(`it cannot be read from character ${at + 1} on`);
    const [, double, single, number, word, sign = ''] = match;
    const string = double ?? single;
    if (string !== undefined)
      tokens.push({ kind: 'string', text: string.replaceAll(/\\(.)/gs, '$1') });
    else if (number !== undefined)
      tokens.push({ kind: 'number', text: number, value: Number(number) });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else tokens.push({ kind: 'sign', text: sign });
  }
  return tokens;
}

export function invalidFilter(reason: string): Error {
  return invalidRequest(`Invalid FilterExpression: ${reason}.`);
}
