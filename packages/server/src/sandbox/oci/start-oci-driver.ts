/**
 * The driver with real isolation: each sandbox is started by an OCI runtime with namespaces, a user
 * id range, limits and a network of its own. See `config.ts` for the profile and `helper/` for who
 * does the work; the server itself starts no process and makes no call that could block it.
 */
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import { invariant } from '../../lib/invariant.ts';
import { closeable } from '../../lib/lifetime.ts';
import type { Logger } from '../../lib/logger.ts';
import { removeTree } from '../../lib/remove-tree.ts';
import {
  SandboxFailure,
  type Sandbox,
  type SandboxDriver,
  type SandboxRequest,
} from '../driver.ts';
import { NO_NETWORK, type NetworkPolicy } from '../network/policy.ts';
import { isOwnerDead, isOwnerElsewhere } from '../owner.ts';
import { mountsLate, startsBeside } from './protocol.ts';
import { findRuntimes, type OciRuntime, type RuntimeChoice } from './find-runtime.ts';
import { HelperGenerations, type Generation } from './helper-generations.ts';
import { OciSandbox } from './oci-sandbox.ts';
import { adviseOnPrograms, adviseOnRuntime } from './runtime-advisories.ts';

export interface OciDriverDeps {
  /** `auto`, `crun`, `runc`, `runsc`, `kata`, or the path of an executable. */
  readonly runtime: RuntimeChoice;
  /** Where it is looked for by name; the system's where it is not said. */
  readonly runtimeFolders?: readonly string[];
  /** On a disk: the images of /tmp volumes are in it. Made where it is missing. */
  readonly folder: string;
  /** None where it is not said. */
  readonly network?: NetworkPolicy;
  /** How long what was killed may take to be gone; then its sandbox is said not to have ended. */
  readonly deathMs?: number;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Longer than it takes on a busy machine, where nothing holds it in the kernel. */
const DEATH_MS = 10_000;

/** Rejects with `SandboxFailure` when no runtime can start a sandbox here. */
export async function startOciDriver(deps: OciDriverDeps): Promise<SandboxDriver> {
  await mkdir(deps.folder, { recursive: true });
  await removeDeadFolders(deps.folder);
  const failures: Error[] = [];
  for (const runtime of await findRuntimes(deps.runtime, deps.runtimeFolders)) {
    try {
      return await startWith(runtime, deps);
    } catch (error) {
      failures.push(error as Error);
    }
  }
  const reasons = new Set(failures.map(({ message }) => message));
  throw new SandboxFailure([...reasons].join(' '), { cause: new AggregateError(failures) });
}

async function startWith(runtime: OciRuntime, deps: OciDriverDeps): Promise<SandboxDriver> {
  const { logger } = deps;
  const advisories = [
    ...adviseOnRuntime(runtime.name, runtime.version),
    ...adviseOnPrograms(runtime.name, startsBeside(runtime)),
  ];
  const sandboxes = new Sandboxes();
  const generations = new HelperGenerations({
    folder: deps.folder,
    runtime: { path: runtime.path, kind: runtime.kind },
    network: deps.network ?? NO_NETWORK,
    deathMs: deps.deathMs ?? DEATH_MS,
    events: {
      onListener: (id, name, server) => {
        const sandbox = sandboxes.find(id);
        if (sandbox === undefined) server.close();
        else sandbox.adopt(name, server);
      },
      onConnection: (id, connection, socket) => {
        const sandbox = sandboxes.find(id);
        if (sandbox === undefined) socket.destroy();
        else sandbox.onConnected(connection, socket);
      },
      onExited: ({ sandbox, program, code, signal, outOfMemory }) => {
        const exit = { code, signal, outOfMemory };
        if (program === undefined) sandboxes.find(sandbox)?.onExited(exit);
        else sandboxes.find(sandbox)?.onProgramExited(program, exit);
      },
    },
    logger,
    onDeath: (owner) => sandboxes.helperGone(owner),
  });
  const create = (request: SandboxRequest): Promise<Sandbox> =>
    createSandbox({ generations, sandboxes, parks: mountsLate(runtime) }, request);
  const lifetime = closeable(() => endAll(sandboxes, generations));
  try {
    const first = await generations.current();
    report(first, logger);
    await probe(create);
    // Of one that does not work here nobody has to hear more than that.
    for (const sentence of advisories) logger.warn(sentence);
    const note = first.tmp === 'tmpfs' ? ', /tmp in memory' : '';
    const description = `oci (${runtime.name} ${runtime.version}${note})`;
    const { network } = first;
    return {
      description,
      advisories,
      isolation: 'oci',
      network,
      mountsLate: mountsLate(runtime),
      changesRoot: mountsLate(runtime),
      parks: mountsLate(runtime),
      create,
      ...lifetime,
    };
  } catch (error) {
    await lifetime.close();
    throw error;
  }
}

async function endAll(sandboxes: Sandboxes, generations: HelperGenerations): Promise<void> {
  try {
    await sandboxes.destroyAll('the driver was closed');
  } finally {
    // Also beside a sandbox that does not end: what the helper holds of the machine goes back.
    await generations.close();
  }
}

interface Creation {
  readonly generations: HelperGenerations;
  readonly sandboxes: Sandboxes;
  readonly parks: boolean;
}

async function createSandbox(
  { generations, sandboxes, parks }: Creation,
  request: SandboxRequest,
): Promise<OciSandbox> {
  invariant(/^[a-z0-9-]{1,40}$/.test(request.id), 'a sandbox id is [a-z0-9-]{1,40}');
  const { link, cgroups, owner } = await generations.current();
  const sandbox = new OciSandbox({
    request,
    link,
    cgroups,
    owner,
    parks,
    afterHelperDeath: async () => {
      await generations.current();
    },
    onDestroyed: () => sandboxes.remove(request.id),
  });
  sandboxes.add(owner, sandbox);
  try {
    await sandbox.open();
    return sandbox;
  } catch (error) {
    await sandbox.destroy('it could not be created');
    throw error;
  }
}

/** Those that live, by id. */
class Sandboxes {
  readonly #all = new Map<string, { readonly owner: string; readonly sandbox: OciSandbox }>();

  add(owner: string, sandbox: OciSandbox): void {
    invariant(!this.#all.has(sandbox.id), 'no two sandboxes of a server share an id');
    this.#all.set(sandbox.id, { owner, sandbox });
  }

  find(id: string): OciSandbox | undefined {
    return this.#all.get(id)?.sandbox;
  }

  remove(id: string): void {
    this.#all.delete(id);
  }

  helperGone(lost: string): void {
    for (const { owner, sandbox } of this.#all.values()) {
      if (owner === lost) sandbox.onHelperGone();
    }
  }

  async destroyAll(reason: string): Promise<void> {
    await Promise.all([...this.#all.values()].map(({ sandbox }) => sandbox.destroy(reason)));
  }
}

/** The shortest way to know whether this machine lets this runtime start a sandbox. */
async function probe(create: SandboxDriver['create']): Promise<void> {
  const sandbox = await create({
    id: 'probe',
    memoryMib: 128,
    cpus: 1,
    tmpMib: 512,
    maxProcesses: 256,
    maxFileDescriptors: 64,
    listeners: [],
  });
  try {
    const output: Uint8Array[] = [];
    const base = { env: {}, userEnv: {}, cwd: '/', mounts: [] };
    const onOutput = (_stream: string, chunk: Uint8Array): void => void output.push(chunk);
    await sandbox.start({ argv: ['/bin/sh', '-c', 'exit 0'], ...base, onOutput });
    const { code, signal } = await sandbox.exited;
    if (code === 0) return;
    const said = Buffer.concat(output).toString().trim();
    throw new SandboxFailure(`A first sandbox ended with ${signal ?? code}. ${said}`);
  } finally {
    await sandbox.destroy('it was a probe');
  }
}

function report({ warnings, removedLeftovers }: Generation, logger: Logger): void {
  for (const sentence of warnings) logger.warn(sentence);
  if (removedLeftovers > 0) {
    logger.warn('sandboxes of a dead server were removed', { sandboxes: removedLeftovers });
  }
}

/** Of servers that used the same data folder before, perhaps each in a container of its own. */
async function removeDeadFolders(folder: string): Promise<void> {
  const names = await readdir(folder);
  const dead = names.filter((name) => isOwnerDead(name) || isOwnerElsewhere(name));
  for (const name of dead) await removeTree(folder, path.join(folder, name));
}
