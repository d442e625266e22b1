/**
 * The addresses between a sandbox and the host's network. All are link-local: nobody can want them
 * as a destination, so they collide with no network that the machine is part of.
 */

/** Of the uplink, as every sandbox sees it: the way out. */
export const GATEWAY_ADDRESS = '169.254.100.2';
/** Where a relay waits for each port of the host's loopback device that functions may reach. */
export const HOST_DOOR_ADDRESS = '169.254.100.3';
/** As in a VPC of AWS. */
export const NAME_SERVER_ADDRESS = '169.254.169.253';

/** Sandboxes of one helper at the same time. */
export const SANDBOX_SLOTS = 16_384;
/** Helpers of one host at the same time. */
export const UPLINK_SLOTS = 128;

/** 169.254.192.0 to 169.254.255.255. */
export function sandboxAddress(slot: number): string {
  return `169.254.${192 + (slot >> 8)}.${slot & 255}`;
}

/** The two ends of the link between the host and an uplink. */
export function uplinkAddresses(slot: number): { readonly host: string; readonly uplink: string } {
  return { host: `169.254.101.${slot * 2}`, uplink: `169.254.101.${slot * 2 + 1}` };
}
