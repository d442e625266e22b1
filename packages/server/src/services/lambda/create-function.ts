import type { CreateFunctionRequest, FunctionConfiguration } from '@aws-sdk/client-lambda';
import { functionArn, type CodeReference } from '../../core/function-version.ts';
import { resolveFunctionName, type FunctionAddress } from '../../core/function-name.ts';
import { TAGS_PER_RESOURCE } from '../../core/limits.ts';
import type { Operation, OperationContext } from '../../core/operation.ts';
import type { FunctionRecord } from '../../functions/function-record.ts';
import { checkCodeSigningConfig, checkSignature, withSigningKey } from './code-signing.ts';
import { readUpload, type CodeSource } from './code-source.ts';
import { functionPermission, passRole, withRequestTags } from './find-function.ts';
import { checkArchitecture, checkRole, checkRuntimeRunsHere } from './function-checks.ts';
import {
  askedLayers,
  checkTotalSize,
  layerPermissions,
  withLayerKeys,
  withLayers,
} from './function-layers.ts';
import { configure, defaultSettings } from './function-settings.ts';
import { imageOfNew, NO_ZIP, refuseForImage, resolveImage } from './image-settings.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { invalidParameter, resourceConflict } from './lambda-errors.ts';
import { publish } from './publish.ts';
import { refuseAtCreation } from './refused-features.ts';
import { showFunction } from './show-function.ts';
import { checkDeadLetters } from './target-rights.ts';
import { withUpload } from './with-upload.ts';

const NAME_LENGTH = 64;

export function createFunction(
  room: LambdaRoom,
): Operation<CreateFunctionRequest, FunctionConfiguration> {
  return {
    name: 'CreateFunction',
    permissions: (input, context) => {
      const create = functionPermission(room.functions, 'CreateFunction', input, context);
      const tags = input.Tags ?? {};
      const hasTags = Object.keys(tags).length > 0;
      return [
        withSigningKey(withLayerKeys(create, input.Layers), input.CodeSigningConfigArn),
        ...passRole(input.Role),
        ...layerPermissions(room, input.Layers),
        ...(hasTags ? [withRequestTags({ ...create, action: 'lambda:TagResource' }, tags)] : []),
      ];
    },
    handle: async (input, context) => {
      const address = addressOfNew(input, context);
      const settings = await settingsOfNew(room, input, address);
      const store = async (
        code: CodeReference,
        image = settings.image,
      ): Promise<FunctionConfiguration> => {
        const latest = { ...settings, code, ...(image === undefined ? {} : { image }) };
        const created = recordOf(room, input, address, latest);
        const { record, ...shown } =
          input.Publish === true ? publish(room, created) : { record: created };
        if (!(await room.functions.insert(record))) throw alreadyExists(address);
        room.settler.settle(record);
        return showFunction(record, shown);
      };
      const { image } = settings;
      if (image !== undefined) {
        const asker = { context, functionArn: functionArn(address) };
        return await store(NO_ZIP, await resolveImage(room, image, asker));
      }
      const upload = await readUpload(room, sourceOf(input), context);
      return withUpload(room, upload, async (code) => {
        await checkTotalSize(room, code, settings.layers);
        return await store(code);
      });
    },
  };
}

function addressOfNew(input: CreateFunctionRequest, context: OperationContext): FunctionAddress {
  const address = resolveFunctionName(input.FunctionName ?? '', undefined, context);
  const { name, qualifier } = address;
  if (name.length > NAME_LENGTH) {
    // AWS: worded as a failed constraint, answered as InvalidParameterValueException.
    throw invalidParameter(
      `1 validation error detected: Value '${name}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to ${NAME_LENGTH}`,
    );
  }
  if (qualifier !== undefined) {
    throw invalidParameter(`A new function has no version or alias '${qualifier}' yet.`);
  }
  return address;
}

type NewSettings = Omit<FunctionRecord['latest'], 'code'>;

async function settingsOfNew(
  room: LambdaRoom,
  input: CreateFunctionRequest,
  address: FunctionAddress,
): Promise<NewSettings> {
  refuseAtCreation(input);
  const { Runtime: runtime, Role: role = '', Tags: tags = {} } = input;
  const image = imageOfNew(input);
  if (image === undefined && (runtime === undefined || !input.Handler)) {
    throw invalidParameter(
      'Runtime and Handler are mandatory parameters for functions created with deployment packages.',
    );
  }
  const configured = configure(room, defaultSettings(address.name), input);
  const architecture = checkArchitecture(room, input.Architectures);
  if (Object.keys(tags).length > TAGS_PER_RESOURCE) {
    throw invalidParameter('Number of tags exceeds resource tag limit.');
  }
  const layers = askedLayers(room, input.Layers, address.region);
  if (room.functions.find(address) !== undefined) throw alreadyExists(address);
  await checkRole(room, role);
  const named = { functionName: address.name, region: address.region };
  await checkDeadLetters(room, named, { ...configured, role });
  const { CodeSigningConfigArn: signing } = input;
  if (signing !== undefined) {
    refuseForImage({ image }, 'Code signing');
    checkCodeSigningConfig(room, signing, address);
  }
  checkSignature(room, signing, address.name);
  const runtimeVersionArn =
    runtime === undefined ? '' : await checkRuntimeRunsHere(room, runtime, address.region);
  const made = {
    ...configured,
    ...(image === undefined ? {} : { image }),
    architecture,
    runtimeVersionArn,
    incarnation: room.ids.uuid(),
  };
  return withLayers(made, layers);
}

function recordOf(
  room: LambdaRoom,
  input: CreateFunctionRequest,
  { account, region, name }: FunctionAddress,
  latest: NewSettings & { readonly code: CodeReference },
): FunctionRecord {
  return {
    account,
    region,
    name,
    rowVersion: 1,
    revisionId: room.ids.uuid(),
    lastModifiedMs: room.clock.nowMs(),
    state: { kind: 'pending' },
    latest,
    tags: { ...input.Tags },
    ...(input.CodeSigningConfigArn === undefined
      ? {}
      : { codeSigningConfigArn: input.CodeSigningConfigArn }),
    ...(input.TenancyConfig === undefined ? {} : { tenancy: 'PER_TENANT' as const }),
  };
}

function sourceOf({ Code: code }: CreateFunctionRequest): CodeSource {
  return code ?? {};
}

function alreadyExists(address: FunctionAddress): Error {
  return resourceConflict(`Function already exist: ${address.name}`);
}
