/** Does what the policy says about a helper's sandboxes, as far as the machine lets it. */
import type { NetworkPolicy, NetworkStatus } from './policy.ts';
import { removeLeftNetwork } from './open-uplink.ts';
import { startUplink, type StartedUplink } from './start-uplink.ts';
import type { UplinkSettings } from './uplink-messages.ts';

export interface OpenedNetwork {
  readonly status: NetworkStatus;
  readonly uplink: StartedUplink | undefined;
}

export interface NetworkDeps extends Omit<UplinkSettings, 'allow'> {
  readonly policy: NetworkPolicy;
}

/** Rejects with a sentence where `public` is asked for and cannot be. */
export async function openNetwork({ policy, ...deps }: NetworkDeps): Promise<OpenedNetwork> {
  const { owner, runFolder, deadOwners } = deps;
  const settings = { owner, runFolder, deadOwners, allow: policy.allow };
  if (policy.mode === 'none') {
    removeLeftNetwork(settings);
    return { status: { kind: 'none' }, uplink: undefined };
  }
  try {
    const uplink = await startUplink(settings);
    return { status: { kind: 'public', allow: policy.allow }, uplink };
  } catch (error) {
    const reason = `Functions have no network beyond Hearth: ${(error as Error).message}`;
    if (policy.mode === 'public') throw new Error(reason, { cause: error });
    return { status: { kind: 'none', reason }, uplink: undefined };
  }
}
