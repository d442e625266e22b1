/**
 * Whether the program that shall be the runtime is there, for those that the user brings
 * (`/var/task/bootstrap`): a missing one is the function's fault and gets AWS's error, not ours.
 */
import { stat } from 'node:fs/promises';
import path from 'node:path';

const TASK_ROOT = '/var/task/';

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
  const isExecutable = (found.mode & 0o111) !== 0;
  return isExecutable ? undefined : `fork/exec ${program}: permission denied`;
}
