import { RuntimeUnavailable } from '../runtime-catalogue.ts';
import type {
  RuntimeCatalogueOptions,
  RuntimeFamily,
  RuntimeInstallation,
} from '../runtime-catalogue.ts';
import { findInterpreters, isOfSystem } from './find-interpreters.ts';
import type { PythonInterpreter } from './find-interpreters.ts';
import { buildRuntimeFolder, findBoto3 } from './runtime-folder.ts';

const versions = ['3.9', '3.10', '3.11', '3.12', '3.13', '3.14', '3.15'];

/**
 * python3.9 to python3.15, each where this machine has that Python. One under /usr runs from the
 * /usr that the sandbox shows; any other is mounted at /var/lang, as AWS has it.
 */
export async function createPythonFamily(options: RuntimeCatalogueOptions): Promise<RuntimeFamily> {
  const found = await findInterpreters(options);
  const usable = versions.flatMap((version) => found.get(version) ?? []);
  // Those of the system first: a distribution's boto3 belongs to its own Python.
  const bySystem = [...usable].sort((a, b) => Number(isOfSystem(b)) - Number(isOfSystem(a)));
  const boto3 = findBoto3(bySystem);
  const runtimeFolder = onceUnlessFailed(async () =>
    buildRuntimeFolder(options.cacheFolder, usable, await boto3, () =>
      options.onProgress('Preparing what Python functions carry (once) ...'),
    ),
  );
  return {
    identifiers: versions.map((version) => `python${version}`),
    install: async (identifier) => {
      const interpreter = found.get(identifier.slice('python'.length));
      if (interpreter === undefined) throw new RuntimeUnavailable(missing(identifier));
      return installationOf(identifier, interpreter, await runtimeFolder());
    },
    status: async (identifier) => {
      const interpreter = found.get(identifier.slice('python'.length));
      if (interpreter === undefined) {
        return { identifier, isAvailable: false, detail: missing(identifier) };
      }
      const carried = await boto3;
      const detail = `Python ${interpreter.fullVersion} at ${interpreter.executable}, ${
        carried === undefined
          ? 'without boto3: no Python of this machine has it (on Debian: python3-boto3)'
          : `with boto3 ${carried.version}`
      }.`;
      return { identifier, isAvailable: true, detail };
    },
  };
}

function installationOf(
  identifier: string,
  interpreter: PythonInterpreter,
  runtimeFolder: string,
): RuntimeInstallation {
  const { version, executable, prefix } = interpreter;
  const isMounted = !isOfSystem(interpreter);
  return {
    identifier,
    versionLabel: `python:${version}.v1`,
    // No site packages: those of the host (or of a pyenv folder) are not the function's.
    argv: [
      isMounted ? `/var/lang/bin/python${version}` : executable,
      '-S',
      '/var/runtime/bootstrap.py',
    ],
    env: { PYTHONPATH: '/var/runtime', ...(isMounted ? { PYTHONHOME: '/var/lang' } : {}) },
    mounts: [
      ...(isMounted ? [{ source: prefix, target: '/var/lang' }] : []),
      { source: runtimeFolder, target: '/var/runtime' },
    ],
  };
}

function missing(identifier: string): string {
  const version = identifier.slice('python'.length);
  return `Runtime ${identifier} needs Python ${version}, and this machine has none: install python${version}, or use pyenv.`;
}

function onceUnlessFailed<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
