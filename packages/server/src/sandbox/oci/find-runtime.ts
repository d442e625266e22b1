/**
 * Finds the OCI runtime to use, and says when its version is known to be unsafe.
 */
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { SandboxFailure } from '../driver.ts';
import type { RuntimeCommand } from './protocol.ts';

/** `auto`, a name of the table below, or the absolute path of an executable. */
export type RuntimeChoice = string;

export interface OciRuntime extends RuntimeCommand {
  /** `crun` */
  readonly name: string;
  /** `1.8.1`; `unknown` when it does not tell. */
  readonly version: string;
}

const FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

const KINDS: Readonly<Record<string, RuntimeCommand['kind']>> = {
  crun: 'crun',
  runc: 'runc',
  runsc: 'runsc',
  kata: 'kata',
  'kata-runtime': 'kata',
};
/** crun starts a sandbox in a third of runc's time. The others are only taken by name. */
const AUTO = ['crun', 'runc'];

/** In order of preference; never empty. Rejects with `SandboxFailure` when there is none. */
export async function findRuntimes(
  choice: RuntimeChoice,
  folders: readonly string[] = FOLDERS,
): Promise<readonly OciRuntime[]> {
  const names = choice === 'auto' ? AUTO : [choice];
  const found = await Promise.all(names.map((name) => locate(name, folders)));
  const runtimes = found.filter((runtime) => runtime !== undefined);
  if (runtimes.length > 0) return runtimes;
  const wanted = choice === 'auto' ? 'Neither crun nor runc' : `No OCI runtime "${choice}"`;
  throw new SandboxFailure(`${wanted} is installed on this machine.`);
}

async function locate(name: string, folders: readonly string[]): Promise<OciRuntime | undefined> {
  const executables = name === 'kata' ? ['kata-runtime', 'kata'] : [name];
  const candidates = path.isAbsolute(name)
    ? [name]
    : folders.flatMap((folder) => executables.map((each) => path.join(folder, each)));
  for (const candidate of candidates) {
    if (!(await isExecutable(candidate))) continue;
    const base = path.basename(candidate);
    // A runtime under another name is driven in runc's way, which all of them copy.
    return { name: base, path: candidate, kind: KINDS[base] ?? 'runc', ...(await ask(candidate)) };
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  return await access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function ask(file: string): Promise<{ readonly version: string }> {
  try {
    const { stdout } = await promisify(execFile)(file, ['--version'], { timeout: 5_000 });
    return { version: /version[: ]+v?([\w.+~-]+)/i.exec(stdout)?.[1] ?? 'unknown' };
  } catch {
    return { version: 'unknown' };
  }
}
