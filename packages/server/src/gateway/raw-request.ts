/** Node's request as the wire wants it: raw path and query, lower-case headers, one value each. */
import type { IncomingMessage } from 'node:http';
import type { RawRequestHead } from '../wire/raw-message.ts';

export type RawHead = RawRequestHead;

export function rawHeadOf(request: IncomingMessage): RawHead {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  return {
    method: request.method ?? 'GET',
    // A proxy-style request line (`GET http://host/path`) names the same resource.
    path: path.startsWith('/') ? path : pathOfAbsolute(path),
    query: mark === -1 ? '' : url.slice(mark + 1),
    headers: joinHeaders(request.rawHeaders),
  };
}

function joinHeaders(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase();
    const value = raw[index + 1] ?? '';
    const earlier = headers[name];
    headers[name] = earlier === undefined ? value : `${earlier},${value}`;
  }
  return headers;
}

function pathOfAbsolute(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : '/';
}
