/** Checks that ask other rooms: is the role assumable, can this machine run it. */
import { RuntimeUnavailable, type RuntimeInstallation } from '@hearth/runtimes';
import type { Architecture } from '../../core/function-version.ts';
import { runtimeVersionArn } from '../../core/runtime-version-arn.ts';
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
