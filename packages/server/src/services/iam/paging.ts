/** IAM's pages: `MaxItems` entries behind the one that `Marker` names. */
import { AwsError } from '../../core/aws-error.ts';

export interface PageRequest {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

export interface Page<Item> {
  readonly items: Item[];
  readonly rest: { readonly IsTruncated: boolean; readonly Marker?: string };
}

/** `items` are sorted by `keyOf`, so that a page follows the last one whatever was deleted. */
export function pageOf<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  request: PageRequest,
): Page<Item> {
  const size = request.MaxItems ?? ITEMS_PER_PAGE;
  const after = request.Marker === undefined ? undefined : decodeMarker(request.Marker);
  const left = after === undefined ? items : items.filter((item) => keyOf(item) > after);
  const page = left.slice(0, size);
  const last = page.at(-1);
  if (left.length <= size || last === undefined)
    return { items: page, rest: { IsTruncated: false } };
  return { items: page, rest: { IsTruncated: true, Marker: encodeMarker(keyOf(last)) } };
}

function encodeMarker(key: string): string {
  return Buffer.from(JSON.stringify({ after: key })).toString('base64url');
}

function decodeMarker(marker: string): string {
  try {
    const json: unknown = JSON.parse(Buffer.from(marker, 'base64url').toString());
    if (typeof json === 'object' && json !== null && 'after' in json) {
      if (typeof json.after === 'string') return json.after;
    }
  } catch {
    // Not one of ours: answered below like every other marker that nobody gave out.
  }
  throw new AwsError('ValidationError', 400, `Invalid Marker: ${marker}`);
}

/** AWS: where MaxItems is left out. */
const ITEMS_PER_PAGE = 100;
