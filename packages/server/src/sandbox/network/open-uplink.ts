/**
 * The uplink of one helper: a network namespace between its sandboxes and the host. Each sandbox
 * has a link to it, and it has one link to the host, so that the host sees a single neighbour
 * whatever the number of sandboxes, and all links end with this process.
 */
import { closeSync, existsSync, writeFileSync } from 'node:fs';
import { isOwnerDead } from '../owner.ts';
import { bindUdp, listenTcp, routeSocket, SyscallFailed } from '../helper/syscalls.ts';
import {
  GATEWAY_ADDRESS,
  HOST_DOOR_ADDRESS,
  NAME_SERVER_ADDRESS,
  sandboxAddress,
  SANDBOX_SLOTS,
  UPLINK_SLOTS,
  uplinkAddresses,
} from './addresses.ts';
import { holdTable, loadRuleset } from './firewall.ts';
import { leaveForeignChains, passForeignChains } from './foreign-chains.ts';
import {
  forwardingFolder,
  startForwarding,
  stopForwarding,
  type ForwardingDeps,
} from './forwarding.ts';
import { startHostDoor } from './host-door.ts';
import { linkIndex } from './link-index.ts';
import { hostNameServers, startNameServer } from './name-server.ts';
import { newNamespace, within } from './namespace.ts';
import {
  deleteLink,
  newAddress,
  newRoute,
  newVeth,
  perform,
  setAlias,
  setUp,
  type NetlinkRequest,
} from './netlink.ts';
import { hostRuleset, uplinkRuleset } from './rulesets.ts';
import type { UplinkSettings } from './uplink-messages.ts';

const SETTINGS = '/proc/sys/net';
const LOOPBACK = 1;
const INSIDE = 'eth0';

export interface Uplink {
  /** Gives a sandbox's namespace its way out; returns the slot that it takes. Synchronous. */
  attach(namespaceFd: number): number;
  detach(slot: number): void;
  close(): Promise<void>;
}

/** Rejects, having undone what was done, where the machine does not allow it. */
export async function openUplink(settings: UplinkSettings): Promise<Uplink> {
  await using parts = new AsyncDisposableStack();
  const namespaceFd = parts.adopt(newNamespace(), closeSync);
  const routes = parts.adopt(within(namespaceFd, routeSocket), closeSync);
  within(namespaceFd, () => prepareNamespace(routes, settings));
  const { name, addresses } = linkToHost(namespaceFd, settings.owner);
  parts.defer(() => unlinkFromHost(name));
  within(namespaceFd, () => connectToHost(routes, addresses));

  const forwarding = forwardingOf(settings);
  parts.defer(() => stopForwarding(forwarding));
  const openedLinks = startForwarding(forwarding).filter((link) => !link.startsWith('hearth-'));
  const ruleset = { name, owner: settings.owner, uplinkAddress: addresses.uplink };
  const text = hostRuleset({ ...ruleset, allow: settings.allow, openedLinks });
  const table = await holdTable(name, text);
  parts.defer(() => table.close());
  table.onLost(() => {
    // Functions could reach the host now. It ends this helper, and with it all of its sandboxes.
    throw new Error('Somebody has ended nft, which held the packet filter of functions.');
  });
  leaveForeignChains(forwarding.isDead);
  parts.defer(() => leaveForeignChains((owner) => owner === settings.owner));
  passForeignChains(name, settings.owner);
  await startServices(namespaceFd, settings, parts);

  const everything = parts.move();
  return { ...new Slots(namespaceFd, routes).methods, close: () => everything.disposeAsync() };
}

/** For a start that makes no uplink: what servers that were killed have left. */
export function removeLeftNetwork(settings: UplinkSettings): void {
  const forwarding = forwardingOf(settings);
  // Nobody has left anything where nobody forwards for us.
  if (!existsSync(forwarding.folder)) return;
  leaveForeignChains(forwarding.isDead);
  stopForwarding(forwarding);
}

function forwardingOf({ owner, runFolder, deadOwners }: UplinkSettings): ForwardingDeps {
  return {
    settings: `${SETTINGS}/ipv4`,
    folder: forwardingFolder(runFolder),
    owner,
    isDead: (each) => isOwnerDead(each) || deadOwners.includes(each),
  };
}

/** This thread is in the uplink's namespace. */
function prepareNamespace(routes: number, { allow }: UplinkSettings): void {
  const set = (file: string, value: string): void => writeFileSync(`${SETTINGS}/${file}`, value);
  set('ipv4/ip_forward', '1');
  // A sandbox sends from its own address alone.
  set('ipv4/conf/all/rp_filter', '1');
  // Every refused connection is told so, not just some in a second.
  set('ipv4/icmp_ratelimit', '0');
  withoutIpv6('all');
  perform(routes, [
    setUp('lo'),
    ...[GATEWAY_ADDRESS, HOST_DOOR_ADDRESS, NAME_SERVER_ADDRESS].map((address) =>
      newAddress(LOOPBACK, address, 32),
    ),
  ]);
  loadRuleset(uplinkRuleset(allow));
}

/** The first of the names, and so of the address pairs, that no server of this host has. */
function linkToHost(
  namespaceFd: number,
  owner: string,
): { readonly name: string; readonly addresses: ReturnType<typeof uplinkAddresses> } {
  const routes = routeSocket();
  try {
    for (let slot = 0; slot < UPLINK_SLOTS; slot++) {
      const name = `hearth-${slot}`;
      const veth = newVeth({ name, peer: { name: 'uplink', namespaceFd } });
      if (!isNew(routes, veth)) continue;
      const addresses = uplinkAddresses(slot);
      const address = newAddress(linkIndex(name), addresses.host, 31);
      perform(routes, [setAlias(name, owner), address]);
      return { name, addresses };
    }
    throw new Error(`All ${UPLINK_SLOTS} names of uplinks are taken.`);
  } finally {
    closeSync(routes);
  }
}

/** It would end by itself, with its namespace, but some time later. */
function unlinkFromHost(name: string): void {
  const routes = routeSocket();
  try {
    perform(routes, [deleteLink(name)]);
  } finally {
    closeSync(routes);
  }
}

function isNew(routes: number, veth: NetlinkRequest): boolean {
  try {
    perform(routes, [veth]);
    return true;
  } catch (error) {
    if (error instanceof SyscallFailed && error.code === 'EEXIST') return false;
    throw error;
  }
}

function connectToHost(routes: number, { host, uplink }: ReturnType<typeof uplinkAddresses>): void {
  const link = linkIndex('uplink');
  perform(routes, [
    setUp('uplink'),
    newAddress(link, uplink, 31),
    newRoute({ link, gateway: host, source: uplink }),
  ]);
}

async function startServices(
  namespaceFd: number,
  { allow }: UplinkSettings,
  parts: AsyncDisposableStack,
): Promise<void> {
  const fds = within(namespaceFd, () => ({
    udpFd: bindUdp(NAME_SERVER_ADDRESS, 53),
    tcpFd: listenTcp(NAME_SERVER_ADDRESS, 53),
  }));
  parts.use(await startNameServer({ ...fds, upstreams: () => hostNameServers() }));
  for (const destination of allow) {
    if (destination.kind !== 'host') continue;
    const { port } = destination;
    const listener = within(namespaceFd, () => listenTcp(HOST_DOOR_ADDRESS, port));
    parts.use(await startHostDoor(listener, port));
  }
}

/** The sandboxes' addresses; one that is free again is taken again last. */
class Slots {
  readonly #namespaceFd: number;
  readonly #routes: number;
  readonly #free: number[] = [];
  #used = 0;
  #links = 0;

  constructor(namespaceFd: number, routes: number) {
    this.#namespaceFd = namespaceFd;
    this.#routes = routes;
  }

  get methods(): Pick<Uplink, 'attach' | 'detach'> {
    return {
      attach: (namespaceFd) => this.#attach(namespaceFd),
      detach: (slot) => void this.#free.push(slot),
    };
  }

  #attach(namespaceFd: number): number {
    const slot = this.#used < SANDBOX_SLOTS ? this.#used++ : this.#free.shift();
    if (slot === undefined) throw new Error(`All ${SANDBOX_SLOTS} addresses are in use.`);
    try {
      // A link ends a while after its sandbox does, so its name is never used twice.
      const name = `s${++this.#links}`;
      const address = sandboxAddress(slot);
      const peer = { name: INSIDE, namespaceFd };
      perform(this.#routes, [newVeth({ name, peer })]);
      const link = within(this.#namespaceFd, () => linkIndex(name));
      perform(this.#routes, [newRoute({ link, to: address, source: GATEWAY_ADDRESS })]);
      within(namespaceFd, () => configureInside(address));
      return slot;
    } catch (error) {
      this.#free.push(slot);
      throw error;
    }
  }
}

/** This thread is in the sandbox's namespace. */
function configureInside(address: string): void {
  withoutIpv6(INSIDE);
  const routes = routeSocket();
  try {
    const link = linkIndex(INSIDE);
    perform(routes, [
      setUp(INSIDE),
      newAddress(link, address, 32),
      newRoute({ link, gateway: GATEWAY_ADDRESS, source: address }),
    ]);
  } finally {
    closeSync(routes);
  }
}

/** As functions have it on AWS outside a VPC: there is nothing that an IPv6 address would reach. */
function withoutIpv6(link: string): void {
  try {
    writeFileSync(`${SETTINGS}/ipv6/conf/${link}/disable_ipv6`, '1');
  } catch (error) {
    // This kernel has none.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
