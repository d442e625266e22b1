/** A record as the API shows it. */
import type {
  FunctionConfiguration,
  LastUpdateStatusReasonCode,
  LoggingConfig,
  Runtime,
} from '@aws-sdk/client-lambda';
import { functionArn } from '../../core/function-version.ts';
import type { LoggingConfiguration } from '../../core/function-version.ts';
import type { FunctionState } from '../../core/function-state.ts';
import type { FunctionRecord } from '../../functions/function-record.ts';

/** Everything, as GetFunctionConfiguration shows it. */
export function showFunction(record: FunctionRecord, qualifier?: string): FunctionConfiguration {
  const { latest } = record;
  return {
    ...showListed(record, qualifier),
    ...showState(record.state),
    RuntimeVersionConfig: { RuntimeVersionArn: latest.runtimeVersionArn },
  };
}

/** Lists show less: neither states nor the runtime's version. */
export function showListed(record: FunctionRecord, qualifier?: string): FunctionConfiguration {
  const { latest } = record;
  return {
    FunctionName: record.name,
    FunctionArn: functionArn(record, qualifier),
    Runtime: latest.runtime as Runtime,
    Role: latest.role,
    Handler: latest.handler,
    CodeSize: latest.code.sizeBytes,
    Description: latest.description,
    Timeout: latest.timeoutSeconds,
    MemorySize: latest.memoryMib,
    // AWS: an offset without a colon, which Date does not write.
    LastModified: new Date(record.lastModifiedMs).toISOString().replace('Z', '+0000'),
    CodeSha256: latest.code.sha256,
    Version: '$LATEST',
    ...(latest.environment === undefined
      ? {}
      : { Environment: { Variables: { ...latest.environment } } }),
    TracingConfig: { Mode: 'PassThrough' },
    RevisionId: record.revisionId,
    PackageType: 'Zip',
    Architectures: [latest.architecture],
    EphemeralStorage: { Size: latest.ephemeralMib },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    LoggingConfig: showLogging(latest.logging),
  };
}

const CREATING = 'The function is being created.';
/** AWS answers it for updates although its own model does not list it there. */
const CREATING_CODE: string = 'Creating';

function showState(state: FunctionState): FunctionConfiguration {
  switch (state.kind) {
    case 'pending':
      return { State: 'Pending', StateReason: CREATING, StateReasonCode: 'Creating' };
    case 'active':
      return { State: 'Active', LastUpdateStatus: 'Successful' };
    case 'updating':
      return {
        State: 'Active',
        LastUpdateStatus: 'InProgress',
        // AWS: "being created", recorded for updates too.
        LastUpdateStatusReason: CREATING,
        LastUpdateStatusReasonCode: CREATING_CODE as LastUpdateStatusReasonCode,
      };
    case 'update-failed':
      return {
        State: 'Active',
        LastUpdateStatus: 'Failed',
        LastUpdateStatusReason: state.failure.reason,
        LastUpdateStatusReasonCode: state.failure.code,
      };
    case 'failed':
      return {
        State: 'Failed',
        StateReason: state.failure.reason,
        StateReasonCode: state.failure.code,
      };
  }
}

function showLogging(logging: LoggingConfiguration): LoggingConfig {
  const { format, group, applicationLevel, systemLevel } = logging;
  const shown = {
    LogFormat: format,
    ...(applicationLevel === undefined ? {} : { ApplicationLogLevel: applicationLevel }),
    ...(systemLevel === undefined ? {} : { SystemLogLevel: systemLevel }),
    LogGroup: group,
  };
  return shown as LoggingConfig;
}
