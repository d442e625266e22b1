/**
 * Whether the program that shall be the runtime is there, for those that the user brings
 * (`/var/task/bootstrap`): a missing one is the function's fault and gets AWS's error, not ours.
 */
import { open, stat } from 'node:fs/promises';
import path from 'node:path';

const TASK_ROOT = '/var/task/';
/** The numbers in an ELF file of what this machine's kernel runs, 32-bit programs among them. */
const machines: readonly number[] = process.arch === 'arm64' ? [183, 40] : [62, 3];

/** Resolves with the message of Runtime.InvalidEntrypoint, or undefined when it can be executed. */
export async function entryPointProblem(
  argv: readonly string[],
  codeFolder: string,
): Promise<string | undefined> {
  const [program] = argv;
  if (program === undefined || !program.startsWith(TASK_ROOT)) return undefined;
  const file = path.join(codeFolder, program.slice(TASK_ROOT.length));
  const found = await stat(file).catch(() => undefined);
  if (found === undefined || !found.isFile()) {
    return "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]";
  }
  if ((found.mode & 0o111) === 0) return `fork/exec ${program}: permission denied`;
  const reason = await execFailure(await firstBytes(file), codeFolder);
  return reason === undefined ? undefined : `fork/exec ${program}: ${reason}`;
}

/**
 * Why the kernel would not execute it. A shell starts it here, and shells make something else of
 * these cases: they run any text as their own script, and exit with 127.
 */
async function execFailure(start: Buffer, codeFolder: string): Promise<string | undefined> {
  const interpreter = /^#![ \t]*([^ \t\n\0]+)/.exec(start.toString('latin1'))?.[1];
  if (interpreter !== undefined) {
    const file = interpreter.startsWith(TASK_ROOT)
      ? path.join(codeFolder, interpreter.slice(TASK_ROOT.length))
      : interpreter;
    const found = await stat(file).catch(() => undefined);
    return found === undefined ? 'no such file or directory' : undefined;
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
