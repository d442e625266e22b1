/**
 * The external extensions of a function: every file in /opt/extensions is one, named like the file.
 * They are looked at from the host, where no link that leaves the layers is followed.
 */
import { readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { MAX_EXTENSIONS } from '../core/limits.ts';
import { programProblem, type ShownFolders } from './entry-point.ts';
import { findInRoot } from './find-in-root.ts';
import { problemInRoot } from './image-program.ts';

export const EXTENSIONS_FOLDER = '/opt/extensions';

/** Why an environment cannot start its extensions. */
export interface ExtensionProblem {
  readonly extension: string;
  /** What the log says of that extension. */
  readonly errorType: string;
  /** What the invocation is answered. */
  readonly message: string;
}

export interface FoundExtensions {
  readonly names: readonly string[];
  readonly problem?: ExtensionProblem;
}

export async function findExtensions(folders: ShownFolders): Promise<FoundExtensions> {
  const names = await namesIn(folders.layers);
  return await checkExtensions(names, (program) => programProblem(program, folders));
}

/** Those that an image brings. */
export async function findExtensionsInRoot(root: string): Promise<FoundExtensions> {
  const folder = await findInRoot(root, EXTENSIONS_FOLDER);
  const names = folder.kind === 'directory' ? await programsIn(folder.place) : [];
  return await checkExtensions(names, (program) => problemInRoot(root, program));
}

async function checkExtensions(
  names: readonly string[],
  problemOf: (program: string) => Promise<string | undefined>,
): Promise<FoundExtensions> {
  const surplus = names[MAX_EXTENSIONS];
  if (surplus !== undefined) {
    const message = `Extension limit (${MAX_EXTENSIONS}) reached`;
    return { names, problem: { extension: surplus, errorType: 'TooManyExtensions', message } };
  }
  for (const extension of names) {
    const program = `${EXTENSIONS_FOLDER}/${extension}`;
    const reason = await problemOf(program);
    if (reason === undefined) continue;
    // AWS: seen in logs; other reasons than permissions have no name of their own.
    const errorType = reason === 'permission denied' ? 'PermissionDenied' : 'UnknownError';
    const message = `fork/exec ${program}: ${reason}`;
    return { names, problem: { extension, errorType, message } };
  }
  return { names };
}

/** How the log tells it. */
export function launchFacts({ extension, errorType }: ExtensionProblem): {
  readonly name: string;
  readonly phase: 'LaunchError';
  readonly events: readonly [];
  readonly errorType: string;
} {
  return { name: extension, phase: 'LaunchError', events: [], errorType };
}

async function namesIn(layers: string | undefined): Promise<readonly string[]> {
  if (layers === undefined) return [];
  try {
    const root = await realpath(layers);
    const folder = await realpath(path.join(layers, 'extensions'));
    if (!folder.startsWith(`${root}/`)) return [];
    return await programsIn(folder);
  } catch (error) {
    // Most layers have no such folder.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}

async function programsIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
}
