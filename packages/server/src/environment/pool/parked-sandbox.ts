/**
 * A sandbox that is made and has no program yet: its first process waits for one, and so may some
 * beside it. It fits every runtime.
 */
import { DEFAULT_EPHEMERAL_MIB, LEAST_MEMORY_MIB } from '../../core/limits.ts';
import type { Sandbox } from '../../sandbox/driver.ts';
import type { RuntimeSession } from '../runtime-api/runtime-session.ts';
import {
  INIT_CPUS,
  INIT_SHARE,
  sandboxListeners,
  sandboxMailboxes,
  type SandboxDeps,
} from '../sandbox-shape.ts';
import type { PoolMember } from './pool-member.ts';

export class ParkedSandbox implements PoolMember {
  readonly sandbox: Sandbox;
  readonly #attach: (session: RuntimeSession) => void;
  #isReady = true;

  constructor(sandbox: Sandbox, attach: (session: RuntimeSession) => void) {
    this.sandbox = sandbox;
    this.#attach = attach;
    void sandbox.exited.then(() => (this.#isReady = false));
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** Before its program starts: whose calls of the Runtime API are that program's. Once. */
  attach(session: RuntimeSession): void {
    this.#isReady = false;
    this.#attach(session);
  }

  async destroy(reason: string): Promise<void> {
    await this.sandbox.destroy(reason);
  }
}

/** When it rejects nothing of it is left. */
export async function parkSandbox(
  deps: SandboxDeps,
  { id, besides }: { readonly id: string; readonly besides: number },
): Promise<ParkedSandbox> {
  let session: RuntimeSession | undefined;
  const sandbox = await deps.driver.create({
    id,
    memoryMib: LEAST_MEMORY_MIB,
    cpus: INIT_SHARE,
    burstCpus: INIT_CPUS,
    tmpMib: DEFAULT_EPHEMERAL_MIB,
    maxProcesses: deps.limits.processes,
    maxFileDescriptors: deps.limits.fileDescriptors,
    listeners: sandboxListeners(deps, id, () => session),
    mailboxes: sandboxMailboxes,
  });
  try {
    // With its share of the CPUs, though nobody waits for it: an OCI runtime takes locks of the
    // kernel that every mount needs, and one that is put off meanwhile makes all others wait.
    await sandbox.park(besides);
    return new ParkedSandbox(sandbox, (given) => (session = given));
  } catch (error) {
    await sandbox.destroy('it could not be parked');
    throw error;
  }
}
