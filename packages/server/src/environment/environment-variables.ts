/**
 * Every variable that a function's process starts with, as recorded on AWS. Reserved ones cannot
 * be changed by the user; of the others the user's own value wins.
 */
import type { RuntimeInstallation } from '@hearth/runtimes';
import { bringsRuntime, type FunctionVersion } from '../core/function-version.ts';
import type { InitializationType } from '../core/initialization-type.ts';
import type { Credentials } from '../core/principal.ts';

export interface VariableSources {
  readonly version: FunctionVersion;
  readonly installation: RuntimeInstallation;
  readonly credentials: Credentials;
  readonly logStream: string;
  readonly initializationType: InitializationType;
  readonly metadataToken: string;
  /** `169.254.100.1:9001` */
  readonly runtimeApi: string;
  /** `169.254.100.1:4566` */
  readonly awsEndpoint: string;
  /** `169.254.100.1:2000` */
  readonly xrayDaemon: string;
}

export function environmentVariables(sources: VariableSources): Record<string, string> {
  const { version, installation } = sources;
  const variables = { ...defaults(sources), ...installation.env };
  // What an image does not say of its libraries is not to be found at the places of the host's.
  if (version.image !== undefined && !('LD_LIBRARY_PATH' in installation.env)) {
    delete variables['LD_LIBRARY_PATH'];
  }
  for (const name of Object.keys(version.environment)) delete variables[name];
  return { ...variables, ...reserved(sources) };
}

/**
 * With what a runtime boots that has no function yet. Every name is among those that it is given
 * with its function, so nothing has to be taken back then; that there is no `_HANDLER` tells it
 * to wait.
 */
export function bootVariables(
  sources: Pick<VariableSources, 'installation' | 'runtimeApi' | 'awsEndpoint' | 'xrayDaemon'>,
): Record<string, string> {
  return {
    ...sharedDefaults(sources),
    ...sources.installation.env,
    AWS_LAMBDA_RUNTIME_API: sources.runtimeApi,
    LAMBDA_TASK_ROOT: '/var/task',
    LAMBDA_RUNTIME_DIR: '/var/runtime',
  };
}

/** Values that a function's own configuration may replace. */
function defaults(sources: VariableSources): Record<string, string> {
  return { ...sharedDefaults(sources), ...jsonLogging(sources.version) };
}

/** Those that are the same for all functions. */
function sharedDefaults({
  awsEndpoint,
  xrayDaemon,
}: Pick<VariableSources, 'awsEndpoint' | 'xrayDaemon'>): Record<string, string> {
  const [host = '', port = ''] = xrayDaemon.split(':');
  return {
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    PATH: '/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin',
    LD_LIBRARY_PATH:
      '/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib',
    AWS_ENDPOINT_URL: `http://${awsEndpoint}`,
    AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
    AWS_XRAY_DAEMON_ADDRESS: xrayDaemon,
    _AWS_XRAY_DAEMON_ADDRESS: host,
    _AWS_XRAY_DAEMON_PORT: port,
  };
}

function jsonLogging({ logging }: FunctionVersion): Record<string, string> {
  if (logging.format !== 'JSON') return {};
  return {
    AWS_LAMBDA_LOG_FORMAT: 'JSON',
    AWS_LAMBDA_LOG_LEVEL: logging.applicationLevel ?? 'INFO',
  };
}

/** AWS: those that describe the runtime's process are none of an extension's, from memory. */
const NOT_FOR_EXTENSIONS = new Set([
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_XRAY_CONTEXT_MISSING',
  'AWS_XRAY_DAEMON_ADDRESS',
  'LAMBDA_RUNTIME_DIR',
  'LAMBDA_TASK_ROOT',
]);

/** What of a function's variables its external extensions get too. */
export function extensionVariables(
  variables: Readonly<Record<string, string>>,
): Record<string, string> {
  const kept = Object.entries(variables).filter(
    ([name]) => !name.startsWith('_') && !NOT_FOR_EXTENSIONS.has(name),
  );
  return Object.fromEntries(kept);
}

function reserved({
  version,
  credentials,
  logStream,
  initializationType,
  metadataToken,
  runtimeApi,
}: VariableSources): Record<string, string> {
  return {
    // AWS: an image is told by its command what to run.
    ...(version.image === undefined ? { _HANDLER: version.handler } : {}),
    AWS_REGION: version.region,
    AWS_DEFAULT_REGION: version.region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_LAMBDA_FUNCTION_NAME: version.name,
    AWS_LAMBDA_FUNCTION_VERSION: version.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(version.memoryMib),
    AWS_LAMBDA_INITIALIZATION_TYPE: initializationType,
    AWS_LAMBDA_LOG_GROUP_NAME: version.logging.group,
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    AWS_LAMBDA_METADATA_API: runtimeApi,
    AWS_LAMBDA_METADATA_TOKEN: metadataToken,
    LAMBDA_TASK_ROOT: '/var/task',
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    // AWS: custom runtimes are not told an execution environment.
    ...(bringsRuntime(version) ? {} : { AWS_EXECUTION_ENV: `AWS_Lambda_${version.runtime}` }),
  };
}
