/** Pages of an ordered list. The marker is opaque to callers and survives changes of the list. */
import { FUNCTIONS_PER_PAGE } from '../../core/limits.ts';
import { invalidParameter } from './lambda-errors.ts';

export interface PageRequest {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly marker: string | undefined;
}

/** `items` are in the order of their keys. AWS: more than `most` may be asked for, never answered. */
export function pageOf<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  request: PageRequest,
  most = FUNCTIONS_PER_PAGE,
): Page<Item> {
  const size = Math.min(request.MaxItems ?? most, most);
  const after = request.Marker ? decode(request.Marker) : undefined;
  const rest = after === undefined ? items : items.filter((item) => keyOf(item) > after);
  const page = rest.slice(0, size);
  const last = page.at(-1);
  const hasMore = rest.length > page.length && last !== undefined;
  return { items: page, marker: hasMore ? encode(keyOf(last)) : undefined };
}

const PREFIX = 'v1:';

function encode(key: string): string {
  return Buffer.from(`${PREFIX}${key}`).toString('base64url');
}

function decode(marker: string): string {
  const text = Buffer.from(marker, 'base64url').toString();
  if (!text.startsWith(PREFIX)) throw invalidParameter('The Marker is not one of this service.');
  return text.slice(PREFIX.length);
}
