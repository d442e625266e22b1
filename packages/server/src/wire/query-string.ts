/** Query strings and form bodies: the same text, decoded in one place. */
import { percentDecode } from './percent.ts';
import { serializationError } from './serialization-error.ts';

export type QueryPair = readonly [name: string, value: string];

/** In their order, repeated names kept. Throws SerializationException for a broken escape. */
export function parseQuery(query: string): QueryPair[] {
  if (query === '') return [];
  const pairs: QueryPair[] = [];
  for (const part of query.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = equals === -1 ? part : part.slice(0, equals);
    const value = equals === -1 ? '' : part.slice(equals + 1);
    pairs.push([decode(name), decode(value)]);
  }
  return pairs;
}

function decode(text: string): string {
  const decoded = percentDecode(text.includes('+') ? text.replaceAll('+', ' ') : text);
  if (decoded === undefined) throw serializationError('The query has an invalid escape sequence.');
  return decoded;
}
