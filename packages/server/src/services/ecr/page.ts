/** A page of a sorted list: the token is the key of the last one shown. */
import { invalidParameter } from './ecr-errors.ts';

const DEFAULT_ITEMS = 100;

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextToken: { readonly nextToken?: string };
}

export function pageOf<Item>(
  all: readonly Item[],
  asked: { readonly nextToken?: string | undefined; readonly maxResults?: number | undefined },
  keyOfItem: (item: Item) => string,
): Page<Item> {
  const { nextToken: token, maxResults = DEFAULT_ITEMS } = asked;
  let start = 0;
  if (token !== undefined) {
    const key = Buffer.from(token, 'base64url').toString();
    start = all.findIndex((each) => keyOfItem(each) === key) + 1;
    if (start === 0) throw invalidParameter("Invalid parameter at 'nextToken'.");
  }
  const items = all.slice(start, start + maxResults);
  const last = items.at(-1);
  if (last === undefined || start + items.length >= all.length) return { items, nextToken: {} };
  return { items, nextToken: { nextToken: Buffer.from(keyOfItem(last)).toString('base64url') } };
}
