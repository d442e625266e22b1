/**
 * From what a caller asks (at creation or in an update) to settings: the rules that the API
 * model cannot express, in AWS's words, and the defaults.
 */
import type { LoggingConfig, UpdateFunctionConfigurationRequest } from '@aws-sdk/client-lambda';
import type { Limits } from '../../core/adjustable-limits.ts';
import { validationException } from '../../core/aws-error.ts';
import type { LoggingConfiguration } from '../../core/function-version.ts';
import {
  DEFAULT_EPHEMERAL_MIB,
  DEFAULT_MEMORY_MIB,
  DEFAULT_TIMEOUT_SECONDS,
} from '../../core/limits.ts';
import { checkRuntime } from '../../core/runtime-table.ts';
import type { FunctionSettings } from '../../functions/function-record.ts';
import { checkEnvironment } from './environment-rules.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { invalidParameter } from './lambda-errors.ts';
import { configureLater, type AskedLater } from './later-settings.ts';

export type AskedSettings = Pick<
  UpdateFunctionConfigurationRequest,
  | 'Description'
  | 'Runtime'
  | 'Handler'
  | 'Role'
  | 'Timeout'
  | 'MemorySize'
  | 'EphemeralStorage'
  | 'Environment'
  | 'LoggingConfig'
> &
  AskedLater;

/** What one request can change; the rest (code, architecture, incarnation) is the caller's. */
export type Configured = Omit<
  FunctionSettings,
  'incarnation' | 'code' | 'architecture' | 'runtimeVersionArn'
>;

export function defaultSettings(name: string): Configured {
  return {
    description: '',
    runtime: '',
    handler: '',
    role: '',
    memoryMib: DEFAULT_MEMORY_MIB,
    timeoutSeconds: DEFAULT_TIMEOUT_SECONDS,
    ephemeralMib: DEFAULT_EPHEMERAL_MIB,
    logging: { format: 'Text', group: `/aws/lambda/${name}` },
  };
}

/** Throws for values that AWS refuses; members that are not given keep what `base` has. */
export function configure<Base extends Configured>(
  { limits }: Pick<LambdaRoom, 'limits'>,
  base: Base,
  asked: AskedSettings,
): Base {
  if (asked.Runtime !== undefined) checkRuntime(asked.Runtime);
  checkLimits(limits, asked);
  const variables = asked.Environment?.Variables;
  if (variables !== undefined) checkEnvironment(variables, limits.environmentBytes);
  return {
    ...configureLater(base, asked),
    description: asked.Description ?? base.description,
    runtime: asked.Runtime ?? base.runtime,
    handler: asked.Handler ?? base.handler,
    role: asked.Role ?? base.role,
    memoryMib: asked.MemorySize ?? base.memoryMib,
    timeoutSeconds: asked.Timeout ?? base.timeoutSeconds,
    ephemeralMib: asked.EphemeralStorage?.Size ?? base.ephemeralMib,
    logging: configureLogging(base.logging, asked.LoggingConfig),
    ...(asked.Environment === undefined ? {} : { environment: { ...variables } }),
  };
}

/** Whether environments of `before` could go on serving `after`. */
export function runsTheSame(before: FunctionSettings, after: FunctionSettings): boolean {
  return sameSettings({ ...before, description: '' }, { ...after, description: '' });
}

/** Whether two are the same in everything that a caller can set. */
export function sameSettings(one: FunctionSettings, other: FunctionSettings): boolean {
  const textOf = (settings: FunctionSettings): string => {
    const entries = Object.entries({ ...settings, incarnation: '' });
    return JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  return textOf(one) === textOf(other);
}

function checkLimits(limits: Limits, asked: AskedSettings): void {
  const { Timeout: timeout, MemorySize: memory, EphemeralStorage: storage } = asked;
  // The API model allows more of all, for managed instances only.
  if (timeout !== undefined && timeout > limits.timeoutSeconds) {
    throw validationException(
      `1 validation error detected: Value '${timeout}' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to ${limits.timeoutSeconds}`,
    );
  }
  if (memory !== undefined && memory > limits.memoryMib) {
    throw invalidParameter(
      `'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to ${limits.memoryMib}`,
    );
  }
  if (storage?.Size !== undefined && storage.Size > limits.ephemeralMib) {
    // As when 10,240 was what the model itself allowed.
    throw validationException(
      `1 validation error detected: Value '${storage.Size}' at 'ephemeralStorage.size' failed to satisfy constraint: Member must have value less than or equal to ${limits.ephemeralMib}`,
    );
  }
}

function configureLogging(
  base: LoggingConfiguration,
  asked: LoggingConfig | undefined,
): LoggingConfiguration {
  if (asked === undefined) return base;
  const format = asked.LogFormat ?? base.format;
  const group = asked.LogGroup ?? base.group;
  const { ApplicationLogLevel: application, SystemLogLevel: system } = asked;
  if (format !== 'JSON') {
    if (application === undefined && system === undefined) return { format, group };
    throw invalidParameter(
      'ApplicationLogLevel and SystemLogLevel need the JSON log format. Please set LogFormat to JSON.',
    );
  }
  return {
    format,
    group,
    applicationLevel: application ?? base.applicationLevel ?? 'INFO',
    systemLevel: system ?? base.systemLevel ?? 'INFO',
  };
}
