import { execFile } from 'node:child_process';
import { readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

export interface PythonInterpreter {
  /** `3.12` */
  readonly version: string;
  /** `3.12.1` */
  readonly fullVersion: string;
  /** The executable itself, no link and no shim. */
  readonly executable: string;
  /** What PYTHONHOME would be. */
  readonly prefix: string;
}

export interface SearchPlaces {
  /** The value of PATH. */
  readonly searchPath: string;
  readonly homeFolder: string;
  readonly pyenvRoot?: string;
}

const probeTimeoutMs = 10_000;
const probe =
  'import sys; print("\\n".join(["%d.%d" % sys.version_info[:2], "%d.%d.%d" % sys.version_info[:3], sys.base_prefix]))';

/**
 * The best interpreter for each Python version of this machine: in the folders of PATH, in
 * well-known folders, and below pyenv. One under /usr comes before others of its version, since
 * it needs no mount of its own; then the newest release.
 */
export async function findInterpreters(
  places: SearchPlaces,
): Promise<ReadonlyMap<string, PythonInterpreter>> {
  const candidates = await candidateExecutables(places);
  const found = await Promise.all(candidates.map(async (each) => inspect(each)));
  const best = new Map<string, PythonInterpreter>();
  for (const each of found) {
    if (each === undefined) continue;
    const known = best.get(each.version);
    if (known === undefined || isBetter(each, known)) best.set(each.version, each);
  }
  return best;
}

/** Whether it runs from the /usr that every sandbox shows. */
export function isOfSystem(interpreter: PythonInterpreter): boolean {
  return interpreter.prefix === '/usr';
}

async function candidateExecutables(places: SearchPlaces): Promise<readonly string[]> {
  const pyenvRoots = [places.pyenvRoot, path.join(places.homeFolder, '.pyenv')];
  const folders = new Set([
    '/usr/bin',
    '/usr/local/bin',
    ...places.searchPath.split(':').filter((each) => path.isAbsolute(each)),
  ]);
  for (const root of pyenvRoots) {
    if (root === undefined) continue;
    const versions = path.join(root, 'versions');
    for (const name of await namesIn(versions)) folders.add(path.join(versions, name, 'bin'));
  }
  const executables = new Set<string>();
  for (const folder of folders) {
    // pyenv's shims are scripts that choose by the current folder; the real ones are found above.
    if (path.basename(folder) === 'shims') continue;
    for (const name of await namesIn(folder)) {
      if (!/^python3\.\d+$/.test(name)) continue;
      const file = await realpath(path.join(folder, name)).catch(() => undefined);
      if (file !== undefined) executables.add(file);
    }
  }
  return [...executables];
}

async function inspect(executable: string): Promise<PythonInterpreter | undefined> {
  try {
    const { stdout } = await promisify(execFile)(executable, ['-I', '-S', '-c', probe], {
      timeout: probeTimeoutMs,
    });
    const [version, fullVersion, prefix] = stdout.trim().split('\n');
    if (version === undefined || fullVersion === undefined || prefix === undefined)
      return undefined;
    return { version, fullVersion, executable, prefix };
  } catch {
    // Broken, or not a Python at all: as if it were not there.
    return undefined;
  }
}

function isBetter(one: PythonInterpreter, other: PythonInterpreter): boolean {
  if (isOfSystem(one) !== isOfSystem(other)) return isOfSystem(one);
  return one.fullVersion.localeCompare(other.fullVersion, 'en', { numeric: true }) > 0;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}
