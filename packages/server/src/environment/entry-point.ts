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
  // A shell, which starts it here, would run any text as its script; AWS and the kernel do not.
  return (await isProgram(file)) ? undefined : `fork/exec ${program}: exec format error`;
}

/** By its first bytes, as the kernel decides: a script with an interpreter, or for this machine. */
async function isProgram(file: string): Promise<boolean> {
  await using handle = await open(file);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(20), 0, 20, 0);
  const start = buffer.subarray(0, bytesRead);
  if (start.toString('latin1', 0, 2) === '#!') return true;
  const isElf = start.length === 20 && start.toString('latin1', 0, 4) === '\x7fELF';
  return isElf && machines.includes(start.readUInt16LE(18));
}
