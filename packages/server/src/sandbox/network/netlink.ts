/**
 * The kernel's own way to make links, addresses and routes: messages on a route socket. All of a
 * batch go in one packet, and their answers are there when the packet has been sent, so a network
 * costs no process and no waiting.
 *
 * The numbers are those of linux/netlink.h, linux/if_link.h and linux/rtnetlink.h.
 */
import { getSystemErrorName } from 'node:util';
import { receive, send, SyscallFailed } from '../helper/syscalls.ts';

const NLMSG_ERROR = 2;
const NLM_F_REQUEST = 0x1;
const NLM_F_ACK = 0x4;
const NLM_F_REPLACE = 0x100;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_NEWADDR = 20;
const RTM_NEWROUTE = 24;

const AF_INET = 2;
const IFF_UP = 0x1;
const IFLA_IFNAME = 3;
const IFLA_LINKINFO = 18;
const IFLA_IFALIAS = 20;
const IFLA_NET_NS_FD = 28;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const VETH_INFO_PEER = 1;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PREFSRC = 7;
const RTN_UNICAST = 1;
const RTPROT_STATIC = 4;
const RT_TABLE_MAIN = 254;
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
/** The gateway is behind this link although no address says so. */
const RTNH_F_ONLINK = 4;

export interface NetlinkRequest {
  /** For the error: `address 169.254.128.0`. */
  readonly what: string;
  readonly type: number;
  readonly flags: number;
  readonly body: Buffer;
}

/**
 * Performs the requests one after the other, in the namespace of the socket. Throws
 * `SyscallFailed` with the first that was refused; those behind it have been tried too.
 */
export function perform(socket: number, requests: readonly NetlinkRequest[]): void {
  const messages = requests.map(({ type, flags, body }, index) => {
    const header = Buffer.alloc(16);
    header.writeUInt32LE(16 + body.length, 0);
    header.writeUInt16LE(type, 4);
    header.writeUInt16LE(flags | NLM_F_REQUEST | NLM_F_ACK, 6);
    header.writeUInt32LE(index, 8);
    return Buffer.concat([header, body]);
  });
  send(socket, Buffer.concat(messages));
  const results = readAnswers(socket, requests.length);
  for (const [index, { what }] of requests.entries()) {
    const result = results.get(index) ?? 0;
    if (result !== 0) throw new SyscallFailed(what, getSystemErrorName(result));
  }
}

/** By the number of the request: 0, or an error number below it. */
function readAnswers(socket: number, count: number): ReadonlyMap<number, number> {
  const results = new Map<number, number>();
  const into = Buffer.alloc(32_768);
  while (results.size < count) {
    const end = receive(socket, into);
    for (let at = 0; at + 16 <= end;) {
      const length = into.readUInt32LE(at);
      if (into.readUInt16LE(at + 4) === NLMSG_ERROR) {
        results.set(into.readUInt32LE(at + 8), into.readInt32LE(at + 16));
      }
      at += aligned(Math.max(length, 16));
    }
  }
  return results;
}

export interface VethPair {
  /** The end in the socket's namespace. */
  readonly name: string;
  /** The end in the other one. */
  readonly peer: { readonly name: string; readonly namespaceFd: number };
}

/**
 * A link with two ends, this one up: the other cannot be before both are there. It ends with the
 * first namespace of the two.
 */
export function newVeth({ name, peer }: VethPair): NetlinkRequest {
  const peerLink = Buffer.concat([
    linkHeader(0),
    attribute(IFLA_IFNAME, text(peer.name)),
    attribute(IFLA_NET_NS_FD, number(peer.namespaceFd)),
  ]);
  const body = Buffer.concat([
    linkHeader(IFF_UP),
    attribute(IFLA_IFNAME, text(name)),
    attribute(
      IFLA_LINKINFO,
      attribute(IFLA_INFO_KIND, text('veth')),
      attribute(IFLA_INFO_DATA, attribute(VETH_INFO_PEER, peerLink)),
    ),
  ]);
  const flags = NLM_F_CREATE | NLM_F_EXCL;
  return { what: `link ${name}`, type: RTM_NEWLINK, flags, body };
}

export function setUp(name: string): NetlinkRequest {
  const body = Buffer.concat([linkHeader(IFF_UP), attribute(IFLA_IFNAME, text(name))]);
  return { what: `link ${name} up`, type: RTM_NEWLINK, flags: 0, body };
}

/** Words that `ip link` shows beside the link. */
export function setAlias(name: string, alias: string): NetlinkRequest {
  const body = Buffer.concat([
    linkHeader(0),
    attribute(IFLA_IFNAME, text(name)),
    attribute(IFLA_IFALIAS, text(alias)),
  ]);
  return { what: `alias of ${name}`, type: RTM_NEWLINK, flags: 0, body };
}

export function deleteLink(name: string): NetlinkRequest {
  const body = Buffer.concat([linkHeader(0), attribute(IFLA_IFNAME, text(name))]);
  return { what: `end of link ${name}`, type: RTM_DELLINK, flags: 0, body };
}

export function newAddress(index: number, address: string, prefix: number): NetlinkRequest {
  const header = Buffer.alloc(8);
  header.writeUInt8(AF_INET, 0);
  header.writeUInt8(prefix, 1);
  header.writeUInt32LE(index, 4);
  const value = ipv4(address);
  const body = Buffer.concat([header, attribute(IFA_LOCAL, value), attribute(IFA_ADDRESS, value)]);
  const flags = NLM_F_CREATE | NLM_F_EXCL;
  return { what: `address ${address}`, type: RTM_NEWADDR, flags, body };
}

export interface Route {
  readonly link: number;
  /** One address; everything where it is not said. */
  readonly to?: string;
  readonly gateway?: string;
  /** The address that packets on this way come from, unless their socket has one. */
  readonly source: string;
}

/** Takes the place of the route that was there. */
export function newRoute({ link, to, gateway, source }: Route): NetlinkRequest {
  const header = Buffer.alloc(12);
  header.writeUInt8(AF_INET, 0);
  header.writeUInt8(to === undefined ? 0 : 32, 1);
  header.writeUInt8(RT_TABLE_MAIN, 4);
  header.writeUInt8(RTPROT_STATIC, 5);
  header.writeUInt8(gateway === undefined ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE, 6);
  header.writeUInt8(RTN_UNICAST, 7);
  header.writeUInt32LE(gateway === undefined ? 0 : RTNH_F_ONLINK, 8);
  const body = Buffer.concat([
    header,
    ...(to === undefined ? [] : [attribute(RTA_DST, ipv4(to))]),
    ...(gateway === undefined ? [] : [attribute(RTA_GATEWAY, ipv4(gateway))]),
    attribute(RTA_OIF, number(link)),
    attribute(RTA_PREFSRC, ipv4(source)),
  ]);
  const flags = NLM_F_CREATE | NLM_F_REPLACE;
  return { what: `route to ${to ?? 'everywhere'}`, type: RTM_NEWROUTE, flags, body };
}

/** struct ifinfomsg; these flags are to be set. */
function linkHeader(flags: number): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(flags, 8);
  header.writeUInt32LE(flags, 12);
  return header;
}

function attribute(type: number, ...parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 4);
  const bytes = Buffer.alloc(aligned(length));
  bytes.writeUInt16LE(length, 0);
  bytes.writeUInt16LE(type, 2);
  let at = 4;
  for (const part of parts) at += part.copy(bytes, at);
  return bytes;
}

function aligned(length: number): number {
  return (length + 3) & ~3;
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`, 'latin1');
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value, 0);
  return bytes;
}

function ipv4(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}
