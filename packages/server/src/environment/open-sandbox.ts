/**
 * The sandbox for the programs of one attempt: one that is parked where it fits, else one that is made
 * now. Both differ in time only.
 */
import type { FunctionVersion } from '../core/function-version.ts';
import { LEAST_MEMORY_MIB, MEMORY_MIB_PER_CPU } from '../core/limits.ts';
import type { Logger } from '../lib/logger.ts';
import type { KeptTmp, Sandbox } from '../sandbox/driver.ts';
import type { RuntimePools } from './pool/runtime-pools.ts';
import type { EnvironmentPlan } from './prepare-environment.ts';
import type { RuntimeSession } from './runtime-api/runtime-session.ts';
import {
  INIT_CPUS,
  INIT_SHARE,
  sandboxListeners,
  sandboxMailboxes,
  type SandboxDeps,
} from './sandbox-shape.ts';

export interface OpenSandboxDeps extends SandboxDeps {
  /** Runtimes and sandboxes that are there already, where there are any. */
  readonly pools: Pick<RuntimePools, 'take' | 'takeParked'>;
  readonly logger: Logger;
}

export interface SandboxWish {
  readonly sandboxId: string;
  /** What the attempt before this one left in /tmp. */
  readonly tmp?: KeptTmp;
  readonly signal: AbortSignal;
}

/** What is called through its listeners is the session's. It is the caller's to destroy. */
export async function openSandbox(
  deps: OpenSandboxDeps,
  plan: EnvironmentPlan,
  session: RuntimeSession,
  wish: SandboxWish,
): Promise<Sandbox> {
  // A parked one has a /tmp already, and the host's programs for its root.
  const fits = wish.tmp === undefined && plan.image === undefined;
  const parked = fits ? await openParked(deps, plan, session) : undefined;
  if (parked !== undefined) return parked;
  wish.signal.throwIfAborted();
  const { version } = plan;
  return await deps.driver.create({
    id: wish.sandboxId,
    memoryMib: version.memoryMib,
    cpus: Math.max(INIT_SHARE, cpusOf(version)),
    burstCpus: INIT_CPUS,
    tmpMib: version.ephemeralMib,
    maxProcesses: deps.limits.processes,
    maxFileDescriptors: deps.limits.fileDescriptors,
    listeners: sandboxListeners(deps, wish.sandboxId, () => session),
    mailboxes: sandboxMailboxes,
    ...(wish.tmp === undefined ? {} : { tmp: wish.tmp }),
  });
}

/** Gives a sandbox of the pool, which has the least of both, what the function has during its init. */
export async function limitLikeFunction(
  sandbox: Sandbox,
  { version }: EnvironmentPlan,
): Promise<void> {
  const cpus = cpusOf(version);
  await Promise.all([
    version.memoryMib > LEAST_MEMORY_MIB ? sandbox.limitMemory(version.memoryMib) : undefined,
    cpus > INIT_CPUS ? sandbox.limitCpus(cpus) : undefined,
  ]);
}

export function cpusOf({ memoryMib }: FunctionVersion): number {
  return memoryMib / MEMORY_MIB_PER_CPU;
}

async function openParked(
  { pools, logger }: OpenSandboxDeps,
  plan: EnvironmentPlan,
  session: RuntimeSession,
): Promise<Sandbox | undefined> {
  const { length } = plan.extensions;
  // The runtime of a function with extensions runs beside the first program, as they do.
  const parked = pools.takeParked(plan.version, length === 0 ? 0 : length + 1);
  if (parked === undefined) return undefined;
  try {
    await limitLikeFunction(parked.sandbox, plan);
    parked.attach(session);
    return parked.sandbox;
  } catch (error) {
    await parked.destroy('it could not be given to a function');
    // Nothing of the function was in it: it starts as if there were no pool.
    logger.warn('pool.parked-failed', { runtime: plan.version.runtime, error });
    return undefined;
  }
}
