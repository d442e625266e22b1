/** A record as the API shows it. */
import type {
  FunctionConfiguration,
  LastUpdateStatusReasonCode,
  Layer,
  LoggingConfig,
  Runtime,
} from '@aws-sdk/client-lambda';
import { functionArn } from '../../core/function-version.ts';
import type { LayerReference, LoggingConfiguration } from '../../core/function-version.ts';
import type { FunctionState } from '../../core/function-state.ts';
import type {
  FunctionRecord,
  FunctionSettings,
  PublishedVersion,
} from '../../functions/function-record.ts';
import { showImage } from './image-settings.ts';
import { showLater } from './later-settings.ts';

/** What is shown, and under which name. A published version without an alias has its number. */
export interface Shown {
  readonly qualifier?: string | undefined;
  readonly published?: PublishedVersion | undefined;
}

/** Everything, as GetFunctionConfiguration shows it. */
export function showFunction(record: FunctionRecord, shown: Shown = {}): FunctionConfiguration {
  const { state } = shown.published ?? record;
  const { runtimeVersionArn, image } = shown.published?.settings ?? record.latest;
  return {
    ...showListed(record, shown),
    ...showState(state),
    ...(image === undefined
      ? { RuntimeVersionConfig: { RuntimeVersionArn: runtimeVersionArn } }
      : {}),
  };
}

/** Lists show less: neither states nor the runtime's version. */
export function showListed(record: FunctionRecord, shown: Shown = {}): FunctionConfiguration {
  const { published } = shown;
  const latest = published?.settings ?? record.latest;
  const { lastModifiedMs, revisionId } = published ?? record;
  return {
    FunctionName: record.name,
    FunctionArn: functionArn(record, shown.qualifier ?? published?.version),
    Role: latest.role,
    CodeSize: latest.code.sizeBytes,
    Description: latest.description,
    Timeout: latest.timeoutSeconds,
    MemorySize: latest.memoryMib,
    // AWS: an offset without a colon, which Date does not write.
    LastModified: new Date(lastModifiedMs).toISOString().replace('Z', '+0000'),
    Version: published?.version ?? '$LATEST',
    ...(latest.environment === undefined
      ? {}
      : { Environment: { Variables: { ...latest.environment } } }),
    ...showLater(latest),
    RevisionId: revisionId,
    ...(latest.layers === undefined ? {} : { Layers: latest.layers.map(showLayer) }),
    ...showPackage(latest),
    Architectures: [latest.architecture],
    EphemeralStorage: { Size: latest.ephemeralMib },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    LoggingConfig: showLogging(latest.logging),
    ...(record.tenancy === undefined
      ? {}
      : { TenancyConfig: { TenantIsolationMode: record.tenancy } }),
  };
}

function showPackage({ runtime, handler, code, image }: FunctionSettings): FunctionConfiguration {
  if (image !== undefined) return showImage(image);
  return {
    PackageType: 'Zip',
    Runtime: runtime as Runtime,
    Handler: handler,
    CodeSha256: code.sha256,
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
    case 'inactive':
      // The codes are AWS's; the sentences of these two are ours.
      return {
        State: 'Inactive',
        StateReason: 'The function has not been invoked for a long time.',
        StateReasonCode: 'Idle',
        LastUpdateStatus: 'Successful',
      };
    case 'restoring':
      return {
        State: 'Pending',
        StateReason: 'The function is being restored.',
        StateReasonCode: 'Restoring',
        LastUpdateStatus: 'Successful',
      };
    case 'failed':
      return {
        State: 'Failed',
        StateReason: state.failure.reason,
        StateReasonCode: state.failure.code,
      };
  }
}

function showLayer({ arn, code }: LayerReference): Layer {
  return { Arn: arn, CodeSize: code.sizeBytes };
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
