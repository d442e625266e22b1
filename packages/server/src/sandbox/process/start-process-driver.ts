/**
 * The driver without isolation, for machines without Linux namespaces and for quick tests.
 *
 * A function runs as the server's own user, sees the host's files and network, and its memory,
 * CPU and /tmp are not limited. What holds: a private folder for /tmp, the limits of open files,
 * listeners on loopback, and an end of the whole process tree.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import { closeable } from '../../lib/lifetime.ts';
import type { Logger } from '../../lib/logger.ts';
import { removeTree } from '../../lib/remove-tree.ts';
import { SandboxFailure, type SandboxDriver, type SandboxRequest } from '../driver.ts';
import { isOwnerDead, ownerName } from '../owner.ts';
import { ProcessSandbox } from './process-sandbox.ts';
import { findMarked, signalAll } from './process-tree.ts';

export interface ProcessDriverDeps {
  /** For the private folders of sandboxes; made where it is missing. */
  readonly folder: string;
  readonly logger: Logger;
  readonly clock: Clock;
}

export async function startProcessDriver(deps: ProcessDriverDeps): Promise<SandboxDriver> {
  await mkdir(deps.folder, { recursive: true });
  await removeLeftovers(deps);
  // Several drivers may live in one process (tests): the suffix tells their sandboxes apart.
  const name = `${ownerName()}-${randomBytes(4).toString('hex')}`;
  const driverFolder = path.join(deps.folder, name);
  await mkdir(driverFolder, { mode: 0o700 });
  const sandboxes = new Set<ProcessSandbox>();
  let isClosed = false;

  const create = async (request: SandboxRequest): Promise<ProcessSandbox> => {
    if (isClosed) throw new SandboxFailure('The sandbox driver is closed.');
    const sandbox = new ProcessSandbox({
      request,
      folder: path.join(driverFolder, request.id),
      driverFolder,
      // No id of a sandbox begins so.
      keptFolder: (id) => path.join(driverFolder, `kept_${id}`),
      marker: `${name}.${request.id}`,
      onDestroyed: () => sandboxes.delete(sandbox),
    });
    sandboxes.add(sandbox);
    try {
      await sandbox.open();
      return sandbox;
    } catch (cause) {
      await sandbox.destroy('it could not be created');
      throw new SandboxFailure(`Sandbox ${request.id} could not be created.`, { cause });
    }
  };
  const lifetime = closeable(async () => {
    isClosed = true;
    await Promise.all([...sandboxes].map((sandbox) => sandbox.destroy('the driver was closed')));
    await removeTree(deps.folder, driverFolder);
  });
  return {
    description: 'process (no isolation)',
    isolation: 'process',
    advisories: [],
    network: { kind: 'host' },
    mountsLate: true,
    changesRoot: false,
    parks: false,
    create,
    ...lifetime,
  };
}

/** Ends what a server that died without a chance to clean up left behind. */
async function removeLeftovers({ folder, logger }: ProcessDriverDeps): Promise<void> {
  const orphans = (await findMarked()).filter(({ marker }) => isOwnerDead(marker));
  signalAll(
    orphans.map(({ pid }) => pid),
    'SIGKILL',
  );
  const folders = (await readdir(folder)).filter((name) => isOwnerDead(name));
  for (const name of folders) await removeTree(folder, path.join(folder, name));
  if (orphans.length + folders.length > 0) {
    const fields = { processes: orphans.length, folders: folders.length };
    logger.warn('leftovers of a dead server were removed', fields);
  }
}
