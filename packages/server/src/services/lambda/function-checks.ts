/** Checks that ask other rooms: is the role assumable, can this machine run it. */
import { RuntimeUnavailable, type RuntimeInstallation } from '@hearth/runtimes';
import type { Architecture } from '../../core/function-version.ts';
import { runtimeVersionArn } from '../../core/runtime-version-arn.ts';
import type { FunctionRecord } from '../../functions/function-record.ts';
import { invalidParameter } from './lambda-errors.ts';
import type { LambdaRoom } from './lambda-deps.ts';

export async function checkRole({ roles }: LambdaRoom, role: string): Promise<void> {
  if (!(await roles.isAssumableBy(role, 'lambda.amazonaws.com'))) {
    throw invalidParameter('The role defined for the function cannot be assumed by Lambda.');
  }
}

/** The ARN of the runtime's version as installed here. */
export async function checkRuntimeRunsHere(
  { runtimes }: LambdaRoom,
  runtime: string,
  region: string,
): Promise<string> {
  let installed: RuntimeInstallation;
  try {
    installed = await runtimes.install(runtime);
  } catch (error) {
    if (error instanceof RuntimeUnavailable) throw invalidParameter(error.message, error);
    throw error;
  }
  return runtimeVersionArn(region, installed.versionLabel);
}

/**
 * What an update of a function leaves it on: the version of the runtime that is here where the
 * runtime is another one, or where the function takes what is new with its updates.
 */
export async function runtimeAfterUpdate(
  room: LambdaRoom,
  { latest, region }: FunctionRecord,
  asked?: string,
): Promise<string> {
  const { runtimeUpdates, runtimeVersionArn: known } = latest;
  if (runtimeUpdates === 'FunctionUpdate' || (asked !== undefined && asked !== latest.runtime)) {
    return await checkRuntimeRunsHere(room, asked ?? latest.runtime, region);
  }
  return known;
}

/**
 * Of the request, else this machine's: where nothing was asked for, AWS takes x86_64, which
 * on an arm64 machine could never run.
 */
export function checkArchitecture(
  { architecture }: LambdaRoom,
  asked: readonly Architecture[] | undefined,
): Architecture {
  const [wanted = architecture] = asked ?? [];
  if (wanted === architecture) return wanted;
  throw invalidParameter(
    `This machine runs ${architecture} functions and cannot run ${wanted} ones. Please set Architectures to ${architecture}.`,
  );
}
