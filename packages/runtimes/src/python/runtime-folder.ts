import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, cp, readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { buildOnce } from '../build-once.ts';
import type { PythonInterpreter } from './find-interpreters.ts';

const bootstrapFolder = path.join(import.meta.dirname, 'runtime');

/** boto3 and all that it needs; Debian's botocore also needs requests with its own. */
const carriedModules = [
  'boto3',
  'botocore',
  's3transfer',
  'jmespath',
  'dateutil',
  'urllib3',
  'six',
  'requests',
  'idna',
  'certifi',
  'charset_normalizer',
  'chardet',
];

/** Reads the version where it is written: to import boto3 takes half a second at each start of a server. */
const locate = `
import importlib.util, re, sys
specs = {name: importlib.util.find_spec(name) for name in sys.argv[1:]}
if specs["boto3"] is None or specs["botocore"] is None: sys.exit(3)
for spec in specs.values():
    if spec is None: continue
    print(list(spec.submodule_search_locations)[0] if spec.submodule_search_locations else spec.origin)
with open(specs["boto3"].origin, encoding="utf-8") as source:
    print(re.search("^__version__ = .(.+).$", source.read(), re.MULTILINE)[1])
`;

export interface Boto3 {
  readonly version: string;
  /** Packages (folders) and modules (files). */
  readonly paths: readonly string[];
}

/** The boto3 of the first interpreter that has one; Debian's python3 has it by package. */
export async function findBoto3(
  interpreters: readonly PythonInterpreter[],
): Promise<Boto3 | undefined> {
  for (const { executable } of interpreters) {
    try {
      const args = ['-W', 'ignore', '-c', locate, ...carriedModules];
      const { stdout } = await promisify(execFile)(executable, args, { cwd: '/' });
      const lines = stdout.trim().split('\n');
      const version = lines.pop();
      if (version !== undefined) return { version, paths: lines };
    } catch {
      // It has none; the next may.
    }
  }
  return undefined;
}

/**
 * What is mounted at /var/runtime: our bootstrap and, as on AWS, boto3 beside it. Compiled for
 * every interpreter that will read it, because inside it is read-only and would be compiled at
 * each cold start. One folder for each content, named by its hash; `onBuild` hears when it is made.
 */
export async function buildRuntimeFolder(
  cacheFolder: string,
  interpreters: readonly PythonInterpreter[],
  boto3: Boto3 | undefined,
  onBuild: () => void,
): Promise<string> {
  const name = await nameOf(interpreters, boto3);
  return buildOnce(path.join(cacheFolder, 'python', name), async (temporary) => {
    onBuild();
    const filter = (source: string): boolean => path.basename(source) !== '__pycache__';
    for (const source of boto3?.paths ?? []) {
      const target = path.join(temporary, path.basename(source));
      await cp(source, target, { recursive: true, dereference: true, filter });
    }
    await cp(bootstrapFolder, temporary, { recursive: true, filter });
    for (const { executable } of interpreters) await compile(executable, temporary);
    await chmod(temporary, 0o755);
  });
}

// `unchecked-hash`: the compiled files are right by construction, and no time of a file counts.
async function compile(executable: string, folder: string): Promise<void> {
  const args = ['-S', '-m', 'compileall', '-q', '--invalidation-mode', 'unchecked-hash', folder];
  // A file of somebody's package that this version cannot compile is not ours to report.
  await promisify(execFile)(executable, args).catch(() => {});
}

async function nameOf(
  interpreters: readonly PythonInterpreter[],
  boto3: Boto3 | undefined,
): Promise<string> {
  const hash = createHash('sha256');
  for (const file of (await readdir(bootstrapFolder, { recursive: true })).sort()) {
    if (!file.endsWith('.py')) continue;
    hash.update(`${file}\n`).update(await readFile(path.join(bootstrapFolder, file)));
  }
  for (const source of boto3?.paths ?? []) hash.update(`${source}\n`);
  hash.update(`boto3 ${boto3?.version}\n`);
  for (const { fullVersion } of interpreters) hash.update(`python ${fullVersion}\n`);
  return `runtime-${hash.digest('hex').slice(0, 16)}`;
}
