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

/** Never rejects: whether `public` may be missed is the server's to decide. */
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
    return { status: { kind: 'none', reason }, uplink: undefined };
  }
}
