/**
 * Which version of its runtime a function, or a version of it, runs on: whatever the machine has
 * (`Auto`), what it had at the last update (`FunctionUpdate`), or a named one (`Manual`). A machine
 * has one version of each runtime: a function that is held on another one is not run at all.
 */
import type {
  GetRuntimeManagementConfigRequest,
  GetRuntimeManagementConfigResponse,
  PutRuntimeManagementConfigRequest,
} from '@aws-sdk/client-lambda';
import { isSettled } from '../../core/function-state.ts';
import { functionArn } from '../../core/function-version.ts';
import type { Operation, OperationContext } from '../../core/operation.ts';
import type { FunctionRecord, FunctionSettings } from '../../functions/function-record.ts';
import {
  findFunction,
  functionPermission,
  type FoundFunction,
  type FunctionRequest,
} from './find-function.ts';
import { checkRuntimeRunsHere } from './function-checks.ts';
import { refuseForImage } from './image-settings.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { invalidParameter } from './lambda-errors.ts';
import { busy } from './store-update.ts';

export function getRuntimeManagementConfig(
  room: LambdaRoom,
): Operation<GetRuntimeManagementConfigRequest, GetRuntimeManagementConfigResponse> {
  return {
    name: 'GetRuntimeManagementConfig',
    permissions: (input, context) => [
      functionPermission(room.functions, 'GetRuntimeManagementConfig', input, context),
    ],
    handle: async (input, context) => show(findVersion(room, input, context)),
  };
}

export function putRuntimeManagementConfig(
  room: LambdaRoom,
): Operation<PutRuntimeManagementConfigRequest, GetRuntimeManagementConfigResponse> {
  return {
    name: 'PutRuntimeManagementConfig',
    permissions: (input, context) => [
      functionPermission(room.functions, 'PutRuntimeManagementConfig', input, context),
    ],
    handle: async (input, context) => {
      for (;;) {
        const found = findVersion(room, input, context);
        const { record, published } = found;
        refuseForImage(settingsOf(found), 'Runtime management');
        if (!isSettled((published ?? record).state)) throw busy(record);
        const settings = await held(room, record.region, settingsOf(found), input);
        const next = withSettings(found, { ...settings }, room.ids.uuid());
        // False when the function changed just now: look again.
        if (await room.functions.replace(record, next)) {
          return show(findVersion(room, input, context));
        }
      }
    },
  };
}

/** AWS: of `$LATEST` or a published version. */
function findVersion(
  room: LambdaRoom,
  request: FunctionRequest,
  context: OperationContext,
): FoundFunction {
  const found = findFunction(room.functions, request, context);
  if (found.alias === undefined) return found;
  throw invalidParameter(
    'The runtime of an alias is that of its version. Please specify a version or $LATEST.',
  );
}

function settingsOf({ record, published }: FoundFunction): FunctionSettings {
  return published?.settings ?? record.latest;
}

async function held(
  room: LambdaRoom,
  region: string,
  settings: FunctionSettings,
  { UpdateRuntimeOn: mode, RuntimeVersionArn: asked }: PutRuntimeManagementConfigRequest,
): Promise<FunctionSettings> {
  const { runtimeUpdates: _, ...rest } = settings;
  if (mode !== 'Manual' && asked) {
    throw invalidParameter('RuntimeVersionArn can only be given where UpdateRuntimeOn is Manual.');
  }
  if (mode === 'FunctionUpdate') return { ...rest, runtimeUpdates: mode };
  const installed = await checkRuntimeRunsHere(room, settings.runtime, region);
  if (mode !== 'Manual') return { ...rest, runtimeVersionArn: installed };
  if (!asked) throw invalidParameter('Manual updates of the runtime need a RuntimeVersionArn.');
  if (asked !== installed) {
    throw invalidParameter(
      `The version ${asked} of ${settings.runtime} is not on this machine, which has ${installed}.`,
    );
  }
  return { ...rest, runtimeVersionArn: installed, runtimeUpdates: mode };
}

function withSettings(
  { record, published }: FoundFunction,
  settings: FunctionSettings,
  revisionId: string,
): FunctionRecord {
  if (published === undefined) return { ...record, revisionId, latest: settings };
  const changed = { ...published, revisionId, settings };
  const versions = record.versions?.map((each) => (each === published ? changed : each)) ?? [];
  return { ...record, versions };
}

function show(found: FoundFunction): GetRuntimeManagementConfigResponse {
  const { record, address } = found;
  const { runtimeUpdates, runtimeVersionArn } = settingsOf(found);
  return {
    UpdateRuntimeOn: runtimeUpdates ?? 'Auto',
    FunctionArn: functionArn(record, address.qualifier),
    ...(runtimeUpdates === 'Manual' ? { RuntimeVersionArn: runtimeVersionArn } : {}),
  };
}
