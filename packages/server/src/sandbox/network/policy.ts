/** What functions may reach, and what became of it on this machine. */
import type { Destination } from '../../core/destination.ts';

export interface NetworkPolicy {
  /** `public` is made as `auto` is, but a server does not start without it. */
  readonly mode: 'auto' | 'public' | 'none';
  /** Beside the public internet. */
  readonly allow: readonly Destination[];
}

export type NetworkStatus =
  /** The public internet, and what the policy allows. */
  | { readonly kind: 'public'; readonly allow: readonly Destination[] }
  /** The sandbox's own listeners alone. */
  | { readonly kind: 'none'; readonly reason?: string }
  /** Without isolation: what the host can reach. */
  | { readonly kind: 'host' };

export const NO_NETWORK: NetworkPolicy = { mode: 'none', allow: [] };

/**
 * Never the public internet (IANA's registry of special-purpose addresses): private networks,
 * links, the machine itself, groups of receivers. Ranges for documentation are nobody's, and open.
 */
export const CLOSED_RANGES: readonly string[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/3',
];

/** `the public internet, host:5432, 10.1.0.0/16`: for people. */
export function describeNetwork(status: NetworkStatus): string {
  switch (status.kind) {
    case 'public':
      return ['the public internet', ...status.allow.map(nameOf)].join(', ');
    case 'none':
      return 'none';
    case 'host':
      return "the host's";
  }
}

/** A sentence where functions do not have what was asked for. */
export function warnOfNetwork(
  mode: NetworkPolicy['mode'],
  status: NetworkStatus,
): string | undefined {
  if (status.kind === 'none') return status.reason;
  if (status.kind === 'host' && mode === 'none') {
    return 'Without isolation functions reach what this machine reaches; HEARTH_NETWORK=none has no effect.';
  }
  return undefined;
}

function nameOf(destination: Destination): string {
  if (destination.kind === 'host') return `host:${destination.port}`;
  const { range, port } = destination;
  return port === undefined ? range : `${range}:${port}`;
}
