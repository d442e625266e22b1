/**
 * Places beyond a sandbox that functions may reach although they are closed by default, as an
 * option names them: `host:5432, 10.1.0.0/16, 192.168.1.7:443`.
 */
import { isIPv4 } from 'node:net';

export type Destination =
  /** A TCP port that a program of this machine listens on at 127.0.0.1. */
  | { readonly kind: 'host'; readonly port: number }
  | {
      readonly kind: 'range';
      /** `10.1.0.0/16` */
      readonly range: string;
      /** TCP and UDP; every port and protocol where it is not said. */
      readonly port?: number;
    };

/** Undefined where one of them is none. The empty text names none. */
export function parseDestinations(text: string): readonly Destination[] | undefined {
  const parts = text.split(',').map((part) => part.trim());
  const found = parts.filter((part) => part !== '').map(parseDestination);
  return found.every((each) => each !== undefined) ? found : undefined;
}

function parseDestination(text: string): Destination | undefined {
  const match = /^([^:]+)(?::(\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  const [, place = '', digits] = match;
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  if (['host', 'localhost', '127.0.0.1'].includes(place)) {
    return port === undefined ? undefined : { kind: 'host', port };
  }
  const range = parseRange(place);
  if (range === undefined) return undefined;
  return { kind: 'range', range, ...(port === undefined ? {} : { port }) };
}

/** The rest of loopback is no place on a network. */
function parseRange(text: string): string | undefined {
  const [address = '', digits = '32', ...more] = text.split('/');
  if (!isIPv4(address) || address.startsWith('127.') || more.length > 0) return undefined;
  return /^\d{1,2}$/.test(digits) && Number(digits) <= 32 ? `${address}/${digits}` : undefined;
}
