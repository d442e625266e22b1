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

export type NetworkMatcher = (address: string) => boolean | undefined;

/** `network` is an address or a CIDR block of either family; compiled once, asked often. */
export function compileNetwork(network: string): NetworkMatcher {
  const [base = '', bits, ...more] = network.split('/');
  const family = familyOf(base);
  const width = family === 'ipv4' ? 32 : 128;
  const prefix = bits === undefined ? width : Number(bits);
  const isBlock = /^\d{1,3}$/.test(bits ?? '0') && prefix <= width && more.length === 0;
  if (family === undefined || !isBlock) return () => undefined;
  const holds = family === 'ipv4' ? inBlockOfFour(base, prefix) : inBlockOfSix(base, prefix);
  return (address) => {
    const given = familyOf(address);
    return given === undefined ? undefined : given === family && holds(address);
  };
}

/** By hand, because nearly every condition on an address is of this family. */
function inBlockOfFour(base: string, prefix: number): (address: string) => boolean {
  // A shift by 32 would be one by 0.
  const mask = prefix === 0 ? 0 : -1 << (32 - prefix);
  const wanted = numberOf(base) & mask;
  return (address) => (numberOf(address) & mask) === wanted;
}

function inBlockOfSix(base: string, prefix: number): (address: string) => boolean {
  const list = new BlockList();
  list.addSubnet(base, prefix, 'ipv6');
  return (address) => list.check(address, 'ipv6');
}

/** Of an address of four numbers, as 32 bits. */
function numberOf(address: string): number {
  let value = 0;
  for (const part of address.split('.')) value = (value << 8) | Number(part);
  return value;
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
