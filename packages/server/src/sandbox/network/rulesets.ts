/**
 * The packet filter of an uplink, as text for `nft`. Pure.
 *
 * Two tables: one in the uplink's own namespace, which knows the sandboxes apart and keeps them
 * apart; one on the host, which knows what is the host's and what is not. Nothing that starts
 * outside comes in, in either of them.
 */
import type { Destination } from '../../core/destination.ts';
import { HOST_DOOR_ADDRESS, NAME_SERVER_ADDRESS } from './addresses.ts';
import { CLOSED_RANGES } from './policy.ts';

/** What one sandbox may have open at a time: as many as a function may have descriptors. */
const OPEN_CONNECTIONS = 1024;
/** Each is remembered by the host for two minutes after its end, and its table is for all. */
const NEW_CONNECTIONS = '500/second burst 2000 packets';
const NAME_QUERIES = '200/second burst 1000 packets';

/** Connections fail at once, as where there is no network, and not after a minute. */
const REFUSE = 'reject with icmp type net-unreachable';

/** For the namespace whose links to sandboxes begin with `s`; the one to the host is `uplink`. */
export function uplinkRuleset(allow: readonly Destination[]): string {
  const hostPorts = allow.flatMap((each) => (each.kind === 'host' ? [each.port] : []));
  const door = `iifname "s*" ip daddr ${HOST_DOOR_ADDRESS} tcp dport { ${hostPorts.join(', ')} } accept`;
  const sets = ['opened', 'open', 'asked'].map(
    (name) => `set ${name} { type ipv4_addr; size 65535; flags dynamic; ${timeoutOf(name)}}`,
  );
  return table('hearth', '', [
    ...sets,
    chain('forward', 'type filter hook forward priority filter; policy drop', [
      'ct state established,related accept',
      'iifname "s*" oifname "uplink" jump begun',
      REFUSE,
    ]),
    chain('begun', '', [
      ...allow.flatMap(matchesOf).map((match) => `${match} jump counted`),
      `ip daddr { ${CLOSED_RANGES.join(', ')} } ${REFUSE}`,
      'jump counted',
    ]),
    chain('counted', '', [
      `update @opened { ip saddr limit rate over ${NEW_CONNECTIONS} } ${REFUSE}`,
      `add @open { ip saddr ct count over ${OPEN_CONNECTIONS} } ${REFUSE}`,
      'accept',
    ]),
    chain('input', 'type filter hook input priority filter; policy drop', [
      'ct state established,related accept',
      `iifname "s*" ip daddr ${NAME_SERVER_ADDRESS} meta l4proto { tcp, udp } th dport 53 jump asks`,
      ...(hostPorts.length === 0 ? [] : [door]),
      REFUSE,
    ]),
    chain('asks', '', [
      `update @asked { ip saddr limit rate over ${NAME_QUERIES} } drop`,
      'accept',
    ]),
    chain('leave', 'type nat hook postrouting priority srcnat', ['oifname "uplink" masquerade']),
  ]);
}

export interface HostRuleset {
  /** Of the table and of the link. */
  readonly name: string;
  readonly owner: string;
  /** The uplink's end of that link. */
  readonly uplinkAddress: string;
  readonly allow: readonly Destination[];
  /** Links that forward because we said so: they must not forward for anybody else. */
  readonly openedLinks: readonly string[];
}

/** Bound to the process that loads it: with its end the kernel removes the table. */
export function hostRuleset({
  name,
  owner,
  uplinkAddress,
  allow,
  openedLinks,
}: HostRuleset): string {
  const allowed = allow.flatMap(matchesOf).map((match) => `${match} accept`);
  const links = openedLinks.map((link) => `"${link}"`).join(', ');
  const strangers = `iifname { ${links} } oifname != "hearth-*" ct state new ct status ! dnat drop`;
  return table(name, `flags owner; comment "${owner}";`, [
    chain('input', 'type filter hook input priority filter; policy accept', [
      `iifname "${name}" jump to_host`,
    ]),
    chain('to_host', '', ['ct state established,related accept', ...allowed, REFUSE]),
    chain('forward', 'type filter hook forward priority filter; policy accept', [
      `iifname "${name}" jump from_functions`,
      `oifname "${name}" jump to_functions`,
      ...(openedLinks.length === 0 ? [] : [strangers]),
    ]),
    chain('from_functions', '', [
      'tcp flags syn tcp option maxseg size set rt mtu',
      'ct state established,related accept',
      ...allowed,
      // Behind an address of the host: a published port of a container, say.
      `ct status dnat ${REFUSE}`,
      `ip daddr { ${CLOSED_RANGES.join(', ')} } ${REFUSE}`,
      'accept',
    ]),
    chain('to_functions', '', ['ct state established,related accept', 'drop']),
    chain('leave', 'type nat hook postrouting priority srcnat', [
      `ip saddr ${uplinkAddress} oifname != "${name}" masquerade`,
    ]),
  ]);
}

function matchesOf(destination: Destination): readonly string[] {
  if (destination.kind === 'host') return [];
  const { range, port } = destination;
  if (port === undefined) return [`ip daddr ${range}`];
  return [`ip daddr ${range} meta l4proto { tcp, udp } th dport ${port}`];
}

/** Sandboxes come and go; what is counted by rate is forgotten when nothing comes any more. */
function timeoutOf(set: string): string {
  return set === 'open' ? '' : 'timeout 1m; ';
}

/** In one line: the interactive `nft` reads line by line. */
function table(name: string, head: string, parts: readonly string[]): string {
  return `table ip ${name} { ${head} ${parts.map((part) => `${part};`).join(' ')} }`;
}

function chain(name: string, hook: string, rules: readonly string[]): string {
  const statements = [...(hook === '' ? [] : [hook]), ...rules];
  return `chain ${name} { ${statements.map((statement) => `${statement};`).join(' ')} }`;
}
