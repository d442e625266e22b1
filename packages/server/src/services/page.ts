/** Paging of the List operations: the token is the last item's key, unreadable on purpose. */
import { validationException } from '../core/aws-error.ts';

export interface PageRequest {
  readonly NextToken?: string | undefined;
  readonly Limit?: number | undefined;
}

/** AWS: what is not limited otherwise comes in pages of so many. */
const ITEMS = 100;

/** `items` are sorted by their keys, and no two have the same. */
export function pageOf<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  { NextToken: token, Limit: limit = ITEMS }: PageRequest,
): { readonly items: readonly Item[]; readonly next: { readonly NextToken?: string } } {
  const after = token === undefined ? '' : readToken(token);
  const rest = items.filter((item) => keyOf(item) > after);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  if (last === undefined || rest.length === page.length) return { items: page, next: {} };
  const next = Buffer.from(`1:${keyOf(last)}`).toString('base64url');
  return { items: page, next: { NextToken: next } };
}

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString();
  if (!text.startsWith('1:')) throw validationException('The specified NextToken is invalid.');
  return text.slice(2);
}
