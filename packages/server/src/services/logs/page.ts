/** Paging of the Describe operations: the token is the last item's key, unreadable on purpose. */
import { invalidParameter } from './logs-errors.ts';

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextToken?: string;
}

/** `items` are sorted, and no two have the same key. */
export function pageOf<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  {
    nextToken,
    limit = 50,
  }: { readonly nextToken?: string | undefined; readonly limit?: number | undefined },
  isAfter: (item: Item, key: string) => boolean = (item, key) => keyOf(item) > key,
): Page<Item> {
  const after = nextToken === undefined ? undefined : readToken(nextToken);
  const rest = after === undefined ? items : items.filter((item) => isAfter(item, after));
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  if (rest.length === page.length || last === undefined) return { items: page };
  return { items: page, nextToken: Buffer.from(`1:${keyOf(last)}`).toString('base64url') };
}

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString();
  if (!text.startsWith('1:')) throw invalidParameter('The specified nextToken is invalid.');
  return text.slice(2);
}
