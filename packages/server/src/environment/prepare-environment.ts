/**
 * Everything that a sandbox of a function version needs before it can start, gathered once for
 * each environment: the runtime, the code, the role's credentials, the name of the log stream.
 */
import {
  RuntimeUnavailable,
  type RuntimeCatalogue,
  type RuntimeInstallation,
} from '@hearth/runtimes';
import type { ImageRoot } from '../code/images/image-store.ts';
import type { CodeReference, FunctionVersion } from '../core/function-version.ts';
import type { InitializationType } from '../core/initialization-type.ts';
import type { RoleSession } from '../core/principal.ts';
import type { RoleSessions } from '../core/role-sessions.ts';
import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import { runtimeVersionArn } from '../core/runtime-version-arn.ts';
import { findEntryPoint } from './entry-point.ts';
import {
  findExtensions,
  findExtensionsInRoot,
  type ExtensionProblem,
  type FoundExtensions,
} from './find-extensions.ts';
import { planProgram, type ProgramProblem } from './image-program.ts';
import { logStreamName } from './log/log-stream-name.ts';

export interface PreparationDeps {
  readonly runtimes: RuntimeCatalogue;
  readonly volumes: {
    volume(code: CodeReference): Promise<string>;
    layerVolume(layers: readonly CodeReference[]): Promise<string | undefined>;
    image(digest: string): Promise<ImageRoot>;
  };
  readonly roles: RoleSessions;
  readonly clock: Clock;
  readonly ids: Ids;
}

export interface EnvironmentPlan {
  readonly version: FunctionVersion;
  readonly initializationType: InitializationType;
  readonly installation: RuntimeInstallation;
  /** The unpacked code on the host; empty where an image takes its place. */
  readonly codeFolder: string;
  /** Where the function is a container image. */
  readonly image?: { readonly root: string; readonly workingDirectory: string };
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
  /** Set when the runtime's program is missing from the code, or an image cannot be started. */
  readonly entryPointProblem?: EntryPointProblem;
}

export type EntryPointProblem = Pick<ProgramProblem, 'message'> & Partial<ProgramProblem>;

/** Rejects with `RuntimeUnavailable`, `RoleNotAssumable` or a fault of the platform. */
export async function prepareEnvironment(
  deps: PreparationDeps,
  version: FunctionVersion,
  initializationType: InitializationType = 'on-demand',
): Promise<EnvironmentPlan> {
  const shared = {
    version,
    initializationType,
    logStream: logStreamName(version, deps.clock.nowMs(), deps.ids.hex(16)),
    metadataToken: deps.ids.hex(32),
  };
  return { ...shared, ...(await (version.image === undefined ? ofCode : ofImage)(deps, version)) };
}

type OfPackage = Omit<
  EnvironmentPlan,
  'version' | 'initializationType' | 'logStream' | 'metadataToken'
>;

async function ofCode(deps: PreparationDeps, version: FunctionVersion): Promise<OfPackage> {
  const [installation, codeFolder, layersFolder, session] = await Promise.all([
    deps.runtimes.install(version.runtime),
    deps.volumes.volume(version.code),
    deps.volumes.layerVolume((version.layers ?? []).map(({ code }) => code)),
    assumeRole(deps, version),
  ]);
  checkPinned(version, installation);
  const folders = { task: codeFolder, layers: layersFolder };
  const [program, extensions] = await Promise.all([
    findEntryPoint(installation, folders),
    findExtensions(folders),
  ]);
  return {
    installation: { ...installation, argv: program.argv },
    codeFolder,
    ...(layersFolder === undefined ? {} : { layersFolder }),
    session,
    ...plannedExtensions(extensions),
    ...(program.problem === undefined ? {} : { entryPointProblem: { message: program.problem } }),
  };
}

async function ofImage(deps: PreparationDeps, version: FunctionVersion): Promise<OfPackage> {
  const { digest = '', config: overrides } = version.image ?? {};
  const [root, session] = await Promise.all([
    deps.volumes.image(digest),
    assumeRole(deps, version),
  ]);
  const { folder, config } = root;
  const { PATH: searchPath = DEFAULT_PATH } = { ...config.env, ...version.environment };
  const [program, extensions] = await Promise.all([
    planProgram(root, overrides, searchPath),
    findExtensionsInRoot(folder),
  ]);
  return {
    installation: {
      identifier: '',
      versionLabel: '',
      argv: program.argv,
      env: { PATH: DEFAULT_PATH, ...config.env },
      mounts: [],
    },
    codeFolder: '',
    image: { root: folder, workingDirectory: program.workingDirectory },
    session,
    ...plannedExtensions(extensions),
    ...(program.problem === undefined ? {} : { entryPointProblem: program.problem }),
  };
}

/** Where a program is looked for when the image does not say it. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** AWS: the session is named after the function. */
function assumeRole(
  { roles }: PreparationDeps,
  { role, name }: FunctionVersion,
): Promise<RoleSession> {
  return roles.assume(role, name, 'lambda.amazonaws.com');
}

function plannedExtensions({
  names,
  problem,
}: FoundExtensions): Pick<EnvironmentPlan, 'extensions' | 'extensionProblem'> {
  return { extensions: names, ...(problem === undefined ? {} : { extensionProblem: problem }) };
}

/** Whoever holds a function on one version of its runtime does not want it run on another. */
function checkPinned(version: FunctionVersion, { versionLabel }: RuntimeInstallation): void {
  const { pinnedRuntimeVersionArn: pinned, region, runtime } = version;
  if (pinned === undefined || pinned === runtimeVersionArn(region, versionLabel)) return;
  throw new RuntimeUnavailable(
    `The function is held on ${pinned} of ${runtime}, and this machine has ${versionLabel} now.`,
  );
}
