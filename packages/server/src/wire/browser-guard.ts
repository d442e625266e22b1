/**
 * Keeps web pages away from the listener of this machine. The key that is the administrator's on
 * loopback is known to everybody, so any page that a developer opens could sign requests with it,
 * and no browser asks before it sends a form or an image's address with a presigned query.
 *
 * A browser tells where such a request comes from (Origin, Sec-Fetch-Site), and a page whose own
 * name was pointed at this machine (DNS rebinding) tells that name in Host. AWS's clients send
 * neither, and reach a loopback server by its address or as localhost.
 */
import { isIP } from 'node:net';
import { remembered } from '../lib/remembered.ts';

type PageHeaders = Readonly<
  Record<string, string | readonly string[] | undefined> & {
    readonly host?: string | undefined;
    readonly origin?: string | undefined;
  }
>;

/** Why the request must not be served; undefined where it may be. */
export function webPageProblem(headers: PageHeaders, query = ''): string | undefined {
  const { host = '', origin } = headers;
  if (!namesThisMachine(host)) {
    return 'Hearth is not served under this host name: use 127.0.0.1 or localhost.';
  }
  const isOwnPage = origin === undefined || origin === `http://${host}`;
  const site = headers['sec-fetch-site'] ?? 'none';
  // A page that somebody opened by its address may redirect here, and no origin is told then.
  const isRedirectable =
    headers['sec-fetch-mode'] === 'navigate' && new URLSearchParams(query).has('Action');
  const isFromHere = isOwnPage && (site === 'none' || site === 'same-origin');
  if (isFromHere && !isRedirectable) return undefined;
  return 'Hearth does not serve requests that a web page from elsewhere sends.';
}

/** An address, `localhost` or a name below it. Clients of HTTP/1.0 send none. */
export const namesThisMachine: (host: string) => boolean = remembered((host) => {
  const name = host
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  return name === '' || isIP(name) !== 0 || /^(?:[^/]+\.)?localhost$/.test(name);
});
