/**
 * The external extensions of a function: every file in /opt/extensions is one, named like the file.
 * They are looked at from the host, where no link that leaves the layers is followed.
 */
import { readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { MAX_EXTENSIONS } from '../core/limits.ts';
import { programProblem, type ShownFolders } from './entry-point.ts';

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
  const surplus = names[MAX_EXTENSIONS];
  if (surplus !== undefined) {
    const message = `Extension limit (${MAX_EXTENSIONS}) reached`;
    return { names, problem: { extension: surplus, errorType: 'TooManyExtensions', message } };
  }
  for (const extension of names) {
    const program = `${EXTENSIONS_FOLDER}/${extension}`;
    const reason = await programProblem(program, folders);
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
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name)
      .toSorted();
  } catch (error) {
    // Most layers have no such folder.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}
