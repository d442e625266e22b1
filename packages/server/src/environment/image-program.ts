/**
 * The program of an image, as it is started: its words, its folder, its variables; or why it cannot be
 * started, as far as it can be seen from the host, in AWS's words (which are those of Go).
 */
import path from 'node:path';
import type { ImageRoot } from '../code/images/image-store.ts';
import { programOf, type ImageOverrides, type ImageProgram } from '../core/image/image-config.ts';
import { executionProblem } from './entry-point.ts';
import { findInRoot } from './find-in-root.ts';

export interface PlannedProgram {
  readonly argv: readonly string[];
  readonly workingDirectory: string;
  readonly problem?: ProgramProblem;
}

export interface ProgramProblem {
  readonly errorType: 'Runtime.InvalidEntrypoint' | 'Runtime.InvalidWorkingDir';
  readonly message: string;
  /** What AWS writes to the log beside it. */
  readonly logLine: string;
}

/** An image does not change, so what was seen of it once is true. */
const seen = new WeakMap<ImageRoot, Map<string, Promise<PlannedProgram>>>();

export function planProgram(
  root: ImageRoot,
  overrides: ImageOverrides | undefined,
  searchPath: string,
): Promise<PlannedProgram> {
  const ofRoot = seen.get(root) ?? new Map<string, Promise<PlannedProgram>>();
  seen.set(root, ofRoot);
  const key = JSON.stringify([overrides, searchPath]);
  const planned = ofRoot.get(key) ?? lookAt(root, overrides, searchPath);
  ofRoot.set(key, planned);
  // A disk that could not be read may be able to later.
  planned.catch(() => ofRoot.delete(key));
  return planned;
}

async function lookAt(
  { folder, config }: ImageRoot,
  overrides: ImageOverrides | undefined,
  searchPath: string,
): Promise<PlannedProgram> {
  const program = programOf(config, overrides);
  const argv = [...program.entryPoint, ...program.command];
  const workingDirectory = program.workingDirectory === '' ? '/' : program.workingDirectory;
  const planned = { argv, workingDirectory };
  const withProblem = (
    errorType: ProgramProblem['errorType'],
    message: string,
  ): PlannedProgram => ({
    ...planned,
    problem: { errorType, message, logLine: launchLine(message, program) },
  });
  const folderProblem = await problemOfFolder(folder, workingDirectory);
  if (folderProblem !== undefined) return withProblem('Runtime.InvalidWorkingDir', folderProblem);
  const programProblem = await problemOfProgram(folder, argv[0], {
    workingDirectory,
    searchPath,
  });
  if (programProblem !== undefined) return withProblem('Runtime.InvalidEntrypoint', programProblem);
  return planned;
}

/** AWS: as its runtime interface emulator words it, and users have posted it. */
function launchLine(
  message: string,
  { entryPoint, command, workingDirectory }: ImageProgram,
): string {
  return `IMAGE\tLaunch error: ${message}\tEntrypoint: [${entryPoint.join(',')}]\tCmd: [${command.join(',')}]\tWorkingDir: [${workingDirectory}]`;
}

async function problemOfFolder(root: string, inside: string): Promise<string | undefined> {
  if (!inside.startsWith('/')) {
    return `the working directory '${inside}' is invalid, it needs to be an absolute path`;
  }
  const found = await findInRoot(root, inside);
  if (found.kind === 'missing') return `chdir ${inside}: no such file or directory`;
  const isNoFolder = found.kind === 'file' || found.kind === 'not-a-directory';
  return isNoFolder ? `chdir ${inside}: not a directory` : undefined;
}

interface Surroundings {
  readonly workingDirectory: string;
  readonly searchPath: string;
}

async function problemOfProgram(
  root: string,
  program: string | undefined,
  { workingDirectory, searchPath }: Surroundings,
): Promise<string | undefined> {
  if (program === undefined || program === '') return 'exec: no command';
  if (program.includes('/')) {
    const inside = path.posix.resolve(workingDirectory, program);
    const problem = await problemInRoot(root, inside);
    return problem === undefined ? undefined : `fork/exec ${program}: ${problem}`;
  }
  for (const folder of searchPath.split(':')) {
    const inside = path.posix.join(path.posix.resolve(workingDirectory, folder), program);
    const problem = await problemInRoot(root, inside);
    if (problem === undefined) return undefined;
    if (problem === EXEC_FORMAT) return `fork/exec ${inside}: ${problem}`;
  }
  // AWS: as users have posted it.
  return `Couldn't find valid bootstrap(s): [${program}]`;
}

const EXEC_FORMAT = 'exec format error';
const MISSING = 'no such file or directory';

/** Why a program in the root cannot be executed; undefined where it can, or only the kernel inside knows. */
export async function problemInRoot(root: string, inside: string): Promise<string | undefined> {
  const found = await findInRoot(root, inside);
  switch (found.kind) {
    case 'elsewhere':
      return undefined;
    case 'missing':
    case 'not-a-directory':
      return MISSING;
    case 'directory':
      return 'permission denied';
    case 'file':
      return await executionProblem(found.place, async (interpreter) => {
        const { kind } = await findInRoot(root, interpreter);
        return kind === 'file' || kind === 'elsewhere';
      });
  }
}
