/**
 * The program that is the runtime where the user brings it: the `bootstrap` of the function, else
 * that of a layer. A missing one is the function's fault and gets AWS's error, not ours.
 *
 * It is looked at from the host, where a link could lead to what is none of the function's
 * business: of one that leaves its folder nothing is said, and the kernel inside decides.
 */
import type { RuntimeInstallation } from '@hearth/runtimes';
import { open, realpath, stat } from 'node:fs/promises';
import path from 'node:path';

/** On the host, what the sandbox shows at /var/task and at /opt. */
export interface ShownFolders {
  readonly task: string;
  readonly layers: string | undefined;
}

export interface EntryPoint {
  readonly argv: readonly string[];
  /** The message of Runtime.InvalidEntrypoint; absent where the program can be executed. */
  readonly problem?: string;
}

const NOT_FOUND = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]";
/** The numbers in an ELF file of what this machine's kernel runs, 32-bit programs among them. */
const machines: readonly number[] = process.arch === 'arm64' ? [183, 40] : [62, 3];

export async function findEntryPoint(
  { argv, entryPoints }: Pick<RuntimeInstallation, 'argv' | 'entryPoints'>,
  folders: ShownFolders,
): Promise<EntryPoint> {
  if (entryPoints === undefined) return { argv };
  for (const program of entryPoints) {
    const file = await find(program, folders);
    if (file === undefined) continue;
    const own = [program, ...argv.slice(1)];
    const reason = file === 'elsewhere' ? undefined : await problemOf(file, folders);
    return reason === undefined
      ? { argv: own }
      : { argv: own, problem: `fork/exec ${program}: ${reason}` };
  }
  return { argv, problem: NOT_FOUND };
}

/** Why a program of the function cannot be executed; undefined where it can, or nobody knows. */
export async function programProblem(
  program: string,
  folders: ShownFolders,
): Promise<string | undefined> {
  const file = await find(program, folders);
  if (file === undefined) return 'no such file or directory';
  return file === 'elsewhere' ? undefined : await problemOf(file, folders);
}

/** The regular file on the host; `elsewhere` where a link leads out of the function's folders. */
async function find(inside: string, folders: ShownFolders): Promise<string | undefined> {
  const [folder, name] = hostPlace(inside, folders) ?? [];
  if (folder === undefined || name === undefined) return undefined;
  const [root, file] = await Promise.all(
    [folder, path.join(folder, name)].map((each) => realpath(each).catch(() => undefined)),
  );
  if (root === undefined || file === undefined) return undefined;
  if (!file.startsWith(`${root}/`)) return 'elsewhere';
  return (await stat(file)).isFile() ? file : undefined;
}

async function problemOf(file: string, folders: ShownFolders): Promise<string | undefined> {
  return await executionProblem(file, async (interpreter) => {
    const found = /^\/(var\/task|opt)\//.test(interpreter)
      ? await find(interpreter, folders)
      : await stat(interpreter).catch(() => undefined);
    return found !== undefined;
  });
}

/** Why a file of the host, which is no link, could not be executed by everybody inside. */
export async function executionProblem(
  file: string,
  hasInterpreter: (inside: string) => Promise<boolean>,
): Promise<string | undefined> {
  if (((await stat(file)).mode & 0o111) === 0) return 'permission denied';
  return await execFailure(await firstBytes(file), hasInterpreter);
}

/** The folder on the host that a path of the sandbox lies in, and the rest of the path. */
function hostPlace(
  inside: string,
  { task, layers }: ShownFolders,
): readonly [folder: string, name: string] | undefined {
  if (inside.startsWith('/var/task/')) return [task, inside.slice('/var/task/'.length)];
  if (!inside.startsWith('/opt/') || layers === undefined) return undefined;
  return [layers, inside.slice('/opt/'.length)];
}

/**
 * Why the kernel would not execute it. A shell starts it here, and shells make something else of
 * these cases: they run any text as their own script, and exit with 127.
 */
async function execFailure(
  start: Buffer,
  hasInterpreter: (inside: string) => Promise<boolean>,
): Promise<string | undefined> {
  const interpreter = /^#![ \t]*([^ \t\n\0]+)/.exec(start.toString('latin1'))?.[1];
  if (interpreter !== undefined) {
    return (await hasInterpreter(interpreter)) ? undefined : 'no such file or directory';
  }
  // Only Linux's programs are ELF files; elsewhere (for development) the kernel has to say.
  if (process.platform !== 'linux') return undefined;
  const isElf = start.length >= 20 && start.toString('latin1', 0, 4) === '\x7fELF';
  const isForThisMachine = isElf && machines.includes(start.readUInt16LE(18));
  return isForThisMachine ? undefined : 'exec format error';
}

/** As many as the kernel looks at. */
async function firstBytes(file: string): Promise<Buffer> {
  await using handle = await open(file);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(256), 0, 256, 0);
  return buffer.subarray(0, bytesRead);
}
