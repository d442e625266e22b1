/**
 * `{"wildcard": "a*b"}`: `*` stands for any text, `\*` for an asterisk, `\\` for a backslash.
 * Pieces are looked for from the left, so the time is bounded by text times pattern, whatever both are.
 */
import { InvalidEventPattern } from './invalid-event-pattern.ts';

export function parseWildcard(pattern: string): (text: string) => boolean {
  const pieces = piecesOf(pattern);
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  if (pieces.length === 1) return (text) => text === first;
  const middle = pieces.slice(1, -1);
  return (text) => {
    if (text.length < first.length + last.length) return false;
    if (!text.startsWith(first) || !text.endsWith(last)) return false;
    let from = first.length;
    for (const piece of middle) {
      const found = text.indexOf(piece, from);
      if (found === -1) return false;
      from = found + piece.length;
    }
    return from <= text.length - last.length;
  };
}

/** What stands between the wildcards. */
function piecesOf(pattern: string): string[] {
  const pieces: string[] = [];
  let piece = '';
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern.charAt(index);
    if (character === '*') {
      if (pattern.charAt(index + 1) === '*') {
        throw new InvalidEventPattern(`Two wildcards must not follow each other: ${pattern}`);
      }
      pieces.push(piece);
      piece = '';
    } else if (character === '\\') {
      index += 1;
      const escaped = pattern.charAt(index);
      if (escaped !== '*' && escaped !== '\\') {
        throw new InvalidEventPattern(`Only * and \\ can be escaped in a wildcard: ${pattern}`);
      }
      piece += escaped;
    } else {
      piece += character;
    }
  }
  return [...pieces, piece];
}
