import type {
  DeleteFunctionEventInvokeConfigRequest,
  FunctionEventInvokeConfig,
  GetFunctionEventInvokeConfigRequest,
  ListFunctionEventInvokeConfigsRequest,
  ListFunctionEventInvokeConfigsResponse,
  PutFunctionEventInvokeConfigRequest,
  UpdateFunctionEventInvokeConfigRequest,
} from '@aws-sdk/client-lambda';
import { functionArn } from '../../../core/function-version.ts';
import type { Operation, OperationContext } from '../../../core/operation.ts';
import type { EventInvokeConfig, FunctionRecord } from '../../../functions/function-record.ts';
import {
  addressOf,
  findQualified,
  findWholeFunction,
  functionPermission,
  type FunctionRequest,
} from '../find-function.ts';
import type { LambdaRoom } from '../lambda-deps.ts';
import { notFound } from '../lambda-errors.ts';
import { pageOf } from '../page.ts';
import { checkDestinations } from '../target-rights.ts';
import {
  configureEvents,
  eventInvokeConfigOf,
  showEventInvokeConfig,
  withEventInvokeConfig,
} from './event-invoke-config.ts';

/** Takes the place of what there was. */
export function putFunctionEventInvokeConfig(
  room: LambdaRoom,
): Operation<PutFunctionEventInvokeConfigRequest, FunctionEventInvokeConfig> {
  return {
    name: 'PutFunctionEventInvokeConfig',
    permissions: (input, context) => [
      functionPermission(room.functions, 'PutFunctionEventInvokeConfig', input, context),
    ],
    handle: (input, context) =>
      change(room, input, context, (record, qualifier) => {
        const base = { qualifier, lastModifiedMs: 0 };
        return configureEvents(room, record, base, input, context);
      }),
  };
}

/** Leaves what is not given as it was. */
export function updateFunctionEventInvokeConfig(
  room: LambdaRoom,
): Operation<UpdateFunctionEventInvokeConfigRequest, FunctionEventInvokeConfig> {
  return {
    name: 'UpdateFunctionEventInvokeConfig',
    permissions: (input, context) => [
      functionPermission(room.functions, 'UpdateFunctionEventInvokeConfig', input, context),
    ],
    handle: (input, context) =>
      change(room, input, context, (record, qualifier) => {
        const base = eventInvokeConfigOf(record, qualifier);
        if (base === undefined) throw noConfig(record, qualifier);
        return configureEvents(room, record, base, input, context);
      }),
  };
}

export function getFunctionEventInvokeConfig(
  room: LambdaRoom,
): Operation<GetFunctionEventInvokeConfigRequest, FunctionEventInvokeConfig> {
  return {
    name: 'GetFunctionEventInvokeConfig',
    permissions: (input, context) => [
      functionPermission(room.functions, 'GetFunctionEventInvokeConfig', input, context),
    ],
    handle: async (input, context) => {
      const address = addressOf(room.functions, input, context);
      const record = room.functions.find(address);
      const config = record && eventInvokeConfigOf(record, address.qualifier);
      if (record === undefined || config === undefined) {
        throw noConfig(address, address.qualifier ?? '$LATEST');
      }
      return showEventInvokeConfig(record, config);
    },
  };
}

export function deleteFunctionEventInvokeConfig(
  room: LambdaRoom,
): Operation<DeleteFunctionEventInvokeConfigRequest> {
  return {
    name: 'DeleteFunctionEventInvokeConfig',
    permissions: (input, context) => [
      functionPermission(room.functions, 'DeleteFunctionEventInvokeConfig', input, context),
    ],
    handle: async (input, context) => {
      const address = addressOf(room.functions, input, context);
      const qualifier = address.qualifier ?? '$LATEST';
      for (;;) {
        const record = room.functions.find(address);
        if (record === undefined || eventInvokeConfigOf(record, qualifier) === undefined) {
          throw noConfig(address, qualifier);
        }
        // False when the function changed just now: look again.
        const next = withEventInvokeConfig(record, qualifier, undefined);
        if (await room.functions.replace(record, next)) return {};
      }
    },
  };
}

export function listFunctionEventInvokeConfigs(
  room: LambdaRoom,
): Operation<ListFunctionEventInvokeConfigsRequest, ListFunctionEventInvokeConfigsResponse> {
  return {
    name: 'ListFunctionEventInvokeConfigs',
    permissions: (input, context) => [
      functionPermission(room.functions, 'ListFunctionEventInvokeConfigs', input, context),
    ],
    handle: async (input, context) => {
      const record = findWholeFunction(room.functions, input, context);
      const { items, marker } = pageOf(record.eventInvoke ?? [], (each) => each.qualifier, input);
      return {
        FunctionEventInvokeConfigs: items.map((each) => showEventInvokeConfig(record, each)),
        ...(marker === undefined ? {} : { NextMarker: marker }),
      };
    },
  };
}

async function change(
  room: LambdaRoom,
  input: FunctionRequest & Pick<PutFunctionEventInvokeConfigRequest, 'DestinationConfig'>,
  context: OperationContext,
  make: (record: FunctionRecord, qualifier: string) => EventInvokeConfig,
): Promise<FunctionEventInvokeConfig> {
  for (;;) {
    const address = addressOf(room.functions, input, context);
    const record = room.functions.find(address);
    const qualified = record && findQualified(record, address.qualifier);
    if (record === undefined || qualified === undefined) {
      throw notFound("The function doesn't exist.");
    }
    const qualifier = address.qualifier ?? '$LATEST';
    const config = make(record, qualifier);
    const named = { functionName: record.name, region: record.region };
    const settings = qualified.published?.settings ?? record.latest;
    await checkDestinations(room, named, settings, askedDestinations(input));
    // False when the function changed just now: look again.
    const next = withEventInvokeConfig(record, qualifier, config);
    if (await room.functions.replace(record, next)) return showEventInvokeConfig(record, config);
  }
}

function askedDestinations({
  DestinationConfig: asked,
}: Pick<PutFunctionEventInvokeConfigRequest, 'DestinationConfig'>): readonly string[] {
  const both = [asked?.OnSuccess?.Destination, asked?.OnFailure?.Destination];
  return both.filter((arn) => arn !== undefined && arn !== '') as readonly string[];
}

function noConfig(key: Parameters<typeof functionArn>[0], qualifier: string): Error {
  const arn = functionArn(key, qualifier);
  return notFound(`The function ${arn} doesn't have an EventInvokeConfig`);
}
