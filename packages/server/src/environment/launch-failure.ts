/** Why an environment's programs cannot be started, as far as it is known before they are. Pure. */
import type { InitFailure } from './init-end.ts';
import type { EnvironmentPlan } from './prepare-environment.ts';

export function launchFailure({
  extensionProblem,
  entryPointProblem,
}: EnvironmentPlan): Extract<InitFailure, { kind: 'invalid-entry-point' }> | undefined {
  if (extensionProblem !== undefined) {
    const { message } = extensionProblem;
    return { kind: 'invalid-entry-point', message, errorType: 'Extension.LaunchError' };
  }
  if (entryPointProblem === undefined) return undefined;
  const { message, errorType } = entryPointProblem;
  return {
    kind: 'invalid-entry-point',
    message,
    ...(errorType === undefined ? {} : { errorType }),
  };
}
