/**
 * Which driver a server uses: `oci` and `process` are taken at their word, `auto` takes OCI where
 * it works, and the process driver otherwise, but only while nobody else can reach the server,
 * because without isolation every function can do what the server can. Whoever names an OCI runtime
 * has asked for sandboxes: `auto` is `oci` then.
 */
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { NetworkPolicy } from './network/policy.ts';
import { SandboxFailure, type SandboxDriver } from './driver.ts';
import { startOciDriver } from './oci/start-oci-driver.ts';
import { startProcessDriver } from './process/start-process-driver.ts';

export interface ChooseDriverDeps {
  readonly isolation: 'auto' | 'oci' | 'process';
  /** `auto`, `crun`, `runc`, `runsc`, `kata`, or the path of an executable. */
  readonly ociRuntime: string;
  /** Where runtimes are looked for by name; the system's where it is not said. */
  readonly runtimeFolders?: readonly string[];
  /** Whether the server listens on loopback addresses only. */
  readonly isLoopbackOnly: boolean;
  /** Sandboxes need it; it is where it is not said. */
  readonly isRoot?: boolean;
  readonly folder: string;
  /** Without isolation functions have the host's network whatever it says. */
  readonly network?: NetworkPolicy;
  readonly logger: Logger;
  readonly clock: Clock;
}

export interface ChosenDriver {
  readonly driver: SandboxDriver;
  /** Why functions are not isolated although `auto` would have it: sentences for the user. */
  readonly warning: string | undefined;
}

/** Rejects with `SandboxFailure`, whose message is for the user. */
export async function startSandboxDriver(deps: ChooseDriverDeps): Promise<ChosenDriver> {
  switch (deps.isolation) {
    case 'process':
      return { driver: await startProcessDriver(deps), warning: undefined };
    case 'oci':
      return { driver: await startOci(deps), warning: undefined };
    case 'auto':
      return await startAuto(deps);
  }
}

async function startAuto(deps: ChooseDriverDeps): Promise<ChosenDriver> {
  try {
    return { driver: await startOci(deps), warning: undefined };
  } catch (cause) {
    const reason = `Functions cannot be isolated here: ${(cause as Error).message}`;
    if (deps.ociRuntime !== 'auto') {
      const message = `${reason} It was asked for by name; --isolation process runs functions without isolation.`;
      throw new SandboxFailure(message, { cause });
    }
    if (!deps.isLoopbackOnly) {
      const message = `${reason} Without isolation the server only listens on loopback.`;
      throw new SandboxFailure(message, { cause });
    }
    deps.logger.warn('sandbox.no-isolation', { reason });
    deps.logger.debug('sandbox.no-isolation', { error: cause });
    return { driver: await startProcessDriver(deps), warning: reason };
  }
}

async function startOci(deps: ChooseDriverDeps): Promise<SandboxDriver> {
  try {
    return await startOciDriver({ ...deps, runtime: deps.ociRuntime });
  } catch (cause) {
    if (deps.isRoot !== false) throw cause;
    const message = `Sandboxes need root: start Hearth as root. (${(cause as Error).message})`;
    throw new SandboxFailure(message, { cause });
  }
}
