/** Which code signing configuration a function has. It acts when code or layers come next. */
import type {
  DeleteFunctionCodeSigningConfigRequest,
  GetFunctionCodeSigningConfigRequest,
  GetFunctionCodeSigningConfigResponse,
  ListFunctionsByCodeSigningConfigRequest,
  ListFunctionsByCodeSigningConfigResponse,
  PutFunctionCodeSigningConfigRequest,
  PutFunctionCodeSigningConfigResponse,
} from '@aws-sdk/client-lambda';
import { functionArn } from '../../core/function-version.ts';
import type { Operation, OperationContext } from '../../core/operation.ts';
import type { FunctionRecord } from '../../functions/function-record.ts';
import { checkCodeSigningConfig, withSigningKey } from './code-signing.ts';
import { configPermission, findConfig } from './code-signing-configs.ts';
import { findWholeFunction, functionPermission, type FunctionRequest } from './find-function.ts';
import { refuseForImage } from './image-settings.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { pageOf } from './page.ts';

export function putFunctionCodeSigningConfig(
  room: LambdaRoom,
): Operation<PutFunctionCodeSigningConfigRequest, PutFunctionCodeSigningConfigResponse> {
  const name = 'PutFunctionCodeSigningConfig';
  return {
    name,
    permissions: (input, context) => [
      withSigningKey(
        functionPermission(room.functions, name, input, context),
        input.CodeSigningConfigArn,
      ),
    ],
    handle: async (input, context) => {
      const { CodeSigningConfigArn: arn = '' } = input;
      const record = await change(room, input, context, (found) => {
        refuseForImage(found.latest, 'Code signing');
        checkCodeSigningConfig(room, arn, found);
        return { ...found, codeSigningConfigArn: arn };
      });
      return { CodeSigningConfigArn: arn, FunctionName: record.name };
    },
  };
}

/** AWS: of a function that has none, nothing at all. */
export function getFunctionCodeSigningConfig(
  room: LambdaRoom,
): Operation<GetFunctionCodeSigningConfigRequest, Partial<GetFunctionCodeSigningConfigResponse>> {
  const name = 'GetFunctionCodeSigningConfig';
  return {
    name,
    permissions: (input, context) => [functionPermission(room.functions, name, input, context)],
    handle: async (input, context) => {
      const record = findWholeFunction(room.functions, input, context);
      const { codeSigningConfigArn: arn } = record;
      return arn === undefined ? {} : { CodeSigningConfigArn: arn, FunctionName: record.name };
    },
  };
}

export function deleteFunctionCodeSigningConfig(
  room: LambdaRoom,
): Operation<DeleteFunctionCodeSigningConfigRequest> {
  const name = 'DeleteFunctionCodeSigningConfig';
  return {
    name,
    permissions: (input, context) => [functionPermission(room.functions, name, input, context)],
    handle: async (input, context) => {
      await change(room, input, context, (record) => {
        const { codeSigningConfigArn: _, ...rest } = record;
        return rest;
      });
      return {};
    },
  };
}

export function listFunctionsByCodeSigningConfig(
  room: LambdaRoom,
): Operation<ListFunctionsByCodeSigningConfigRequest, ListFunctionsByCodeSigningConfigResponse> {
  const name = 'ListFunctionsByCodeSigningConfig';
  return {
    name,
    permissions: (input) => [configPermission(room, name, input)],
    handle: async (input) => {
      const config = findConfig(room, input);
      const users = room.functions
        .list(config)
        .filter((each) => each.codeSigningConfigArn === input.CodeSigningConfigArn);
      const { items, marker } = pageOf(users, (each) => each.name, input);
      return {
        FunctionArns: items.map((each) => functionArn(each)),
        ...(marker === undefined ? {} : { NextMarker: marker }),
      };
    },
  };
}

/** Neither state nor revision of the function changes. */
async function change(
  room: LambdaRoom,
  request: FunctionRequest,
  context: OperationContext,
  next: (record: FunctionRecord) => FunctionRecord,
): Promise<FunctionRecord> {
  for (;;) {
    const record = findWholeFunction(room.functions, request, context);
    // False when it changed just now: what there is now is what gets changed.
    if (await room.functions.replace(record, next(record))) return record;
  }
}
