/**
 * Everything that a sandbox of a function version needs before it can start, gathered once for
 * each environment: the runtime, the code, the role's credentials, the name of the log stream.
 */
import {
  RuntimeUnavailable,
  type RuntimeCatalogue,
  type RuntimeInstallation,
} from '@hearth/runtimes';
import type { CodeReference, FunctionVersion } from '../core/function-version.ts';
import type { InitializationType } from '../core/initialization-type.ts';
import type { RoleSession } from '../core/principal.ts';
import type { RoleSessions } from '../core/role-sessions.ts';
import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import { runtimeVersionArn } from '../core/runtime-version-arn.ts';
import { findEntryPoint } from './entry-point.ts';
import { findExtensions, type ExtensionProblem } from './find-extensions.ts';
import { logStreamName } from './log/log-stream-name.ts';

export interface PreparationDeps {
  readonly runtimes: RuntimeCatalogue;
  readonly volumes: {
    volume(code: CodeReference): Promise<string>;
    layerVolume(layers: readonly CodeReference[]): Promise<string | undefined>;
  };
  readonly roles: RoleSessions;
  readonly clock: Clock;
  readonly ids: Ids;
}

export interface EnvironmentPlan {
  readonly version: FunctionVersion;
  readonly initializationType: InitializationType;
  readonly installation: RuntimeInstallation;
  /** The unpacked code on the host. */
  readonly codeFolder: string;
  /** What its layers make of /opt, on the host; links in it are not to be followed there. */
  readonly layersFolder?: string;
  readonly session: RoleSession;
  readonly logStream: string;
  /** For the metadata endpoint. */
  readonly metadataToken: string;
  /** The names of the programs in /opt/extensions. */
  readonly extensions: readonly string[];
  /** Set when one of them cannot be started. */
  readonly extensionProblem?: ExtensionProblem;
  /** Set when the runtime's program is missing from the code. */
  readonly entryPointProblem?: string;
}

/** Rejects with `RuntimeUnavailable`, `RoleNotAssumable` or a fault of the platform. */
export async function prepareEnvironment(
  deps: PreparationDeps,
  version: FunctionVersion,
  initializationType: InitializationType = 'on-demand',
): Promise<EnvironmentPlan> {
  const [installation, codeFolder, layersFolder, session] = await Promise.all([
    deps.runtimes.install(version.runtime),
    deps.volumes.volume(version.code),
    deps.volumes.layerVolume((version.layers ?? []).map(({ code }) => code)),
    // AWS: the session is named after the function.
    deps.roles.assume(version.role, version.name, 'lambda.amazonaws.com'),
  ]);
  checkPinned(version, installation);
  const folders = { task: codeFolder, layers: layersFolder };
  const [program, extensions] = await Promise.all([
    findEntryPoint(installation, folders),
    findExtensions(folders),
  ]);
  return {
    version,
    initializationType,
    installation: { ...installation, argv: program.argv },
    codeFolder,
    ...(layersFolder === undefined ? {} : { layersFolder }),
    session,
    logStream: logStreamName(version, deps.clock.nowMs(), deps.ids.hex(16)),
    metadataToken: deps.ids.hex(32),
    extensions: extensions.names,
    ...(extensions.problem === undefined ? {} : { extensionProblem: extensions.problem }),
    ...(program.problem === undefined ? {} : { entryPointProblem: program.problem }),
  };
}

/** Whoever holds a function on one version of its runtime does not want it run on another. */
function checkPinned(version: FunctionVersion, { versionLabel }: RuntimeInstallation): void {
  const { pinnedRuntimeVersionArn: pinned, region, runtime } = version;
  if (pinned === undefined || pinned === runtimeVersionArn(region, versionLabel)) return;
  throw new RuntimeUnavailable(
    `The function is held on ${pinned} of ${runtime}, and this machine has ${versionLabel} now.`,
  );
}
