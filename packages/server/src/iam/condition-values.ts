/** Values of conditions that are more than text: points in time, and networks. */
import { BlockList, isIP } from 'node:net';

/** Milliseconds since 1970 of an ISO 8601 date or of seconds since 1970. */
export function asInstant(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^\d{1,15}$/.test(trimmed) && trimmed.length !== 4) return Number(trimmed) * 1000;
  const withZone = /t.*(z|[+-]\d{2}:?\d{2})$/i.test(trimmed)
    ? trimmed
    : `${trimmed}${zoneOf(trimmed)}`;
  const parsed = Date.parse(withZone);
  return Number.isNaN(parsed) ? undefined : parsed;
}

/** `network` is an address or a CIDR block of either family. */
export function inNetwork(address: string, network: string): boolean | undefined {
  const family = familyOf(address);
  const [base = '', bits, ...more] = network.split('/');
  const networkFamily = familyOf(base);
  if (family === undefined || networkFamily === undefined || more.length > 0) return undefined;
  const width = networkFamily === 'ipv4' ? 32 : 128;
  const prefix = bits === undefined ? width : Number(bits);
  if (!/^\d{1,3}$/.test(bits ?? '0') || prefix > width) return undefined;
  if (family !== networkFamily) return false;
  const list = new BlockList();
  list.addSubnet(base, prefix, networkFamily);
  return list.check(address, family);
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address);
  if (version === 0) return undefined;
  return version === 4 ? 'ipv4' : 'ipv6';
}

/** A time without a zone is UTC; a date alone already is. */
function zoneOf(text: string): string {
  return /t/i.test(text) ? 'Z' : '';
}
