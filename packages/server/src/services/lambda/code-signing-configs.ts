/** The operations on code signing configurations themselves. */
import type {
  CodeSigningConfig,
  CreateCodeSigningConfigRequest,
  CreateCodeSigningConfigResponse,
  DeleteCodeSigningConfigRequest,
  GetCodeSigningConfigRequest,
  GetCodeSigningConfigResponse,
  ListCodeSigningConfigsRequest,
  ListCodeSigningConfigsResponse,
  UpdateCodeSigningConfigRequest,
  UpdateCodeSigningConfigResponse,
} from '@aws-sdk/client-lambda';
import { AwsError } from '../../core/aws-error.ts';
import { TAGS_PER_RESOURCE } from '../../core/limits.ts';
import type { Operation, Permission } from '../../core/operation.ts';
import {
  codeSigningConfigArn,
  type CodeSigningConfigRecord,
} from '../../functions/code-signing-configs.ts';
import { resourceTagConditions } from '../tag-conditions.ts';
import { withRequestTags } from './find-function.ts';
import type { LambdaRoom } from './lambda-deps.ts';
import { invalidParameter, resourceConflict } from './lambda-errors.ts';
import { pageOf } from './page.ts';

/** AWS: seventeen characters, here hexadecimal digits. */
const ID_DIGITS = 17;

export function createCodeSigningConfig(
  room: LambdaRoom,
): Operation<CreateCodeSigningConfigRequest, CreateCodeSigningConfigResponse> {
  return {
    name: 'CreateCodeSigningConfig',
    permissions: ({ Tags: tags }) => {
      const create = { action: 'lambda:CreateCodeSigningConfig', resources: ['*'] };
      return [tags === undefined ? create : withRequestTags(create, tags)];
    },
    handle: async (input, context) => {
      const { Tags: tags = {}, Description: description } = input;
      if (Object.keys(tags).length > TAGS_PER_RESOURCE) {
        throw invalidParameter('Number of tags exceeds resource tag limit.');
      }
      const record: CodeSigningConfigRecord = {
        account: context.account,
        region: context.region,
        id: `csc-${room.ids.hex(Math.ceil(ID_DIGITS / 2)).slice(0, ID_DIGITS)}`,
        ...(description === undefined ? {} : { description }),
        publishers: input.AllowedPublishers?.SigningProfileVersionArns ?? [],
        policy: input.CodeSigningPolicies?.UntrustedArtifactOnDeployment ?? 'Warn',
        lastModifiedMs: room.clock.nowMs(),
        tags,
      };
      await room.codeSigning.insert(record);
      return { CodeSigningConfig: show(record) };
    },
  };
}

export function getCodeSigningConfig(
  room: LambdaRoom,
): Operation<GetCodeSigningConfigRequest, GetCodeSigningConfigResponse> {
  return {
    name: 'GetCodeSigningConfig',
    permissions: (input) => [configPermission(room, 'GetCodeSigningConfig', input)],
    handle: async (input) => ({ CodeSigningConfig: show(findConfig(room, input)) }),
  };
}

export function updateCodeSigningConfig(
  room: LambdaRoom,
): Operation<UpdateCodeSigningConfigRequest, UpdateCodeSigningConfigResponse> {
  return {
    name: 'UpdateCodeSigningConfig',
    permissions: (input) => [configPermission(room, 'UpdateCodeSigningConfig', input)],
    handle: async (input) => {
      for (;;) {
        const record = findConfig(room, input);
        const { Description: description } = input;
        const next: CodeSigningConfigRecord = {
          ...record,
          ...(description === undefined ? {} : { description }),
          publishers: input.AllowedPublishers?.SigningProfileVersionArns ?? record.publishers,
          policy: input.CodeSigningPolicies?.UntrustedArtifactOnDeployment ?? record.policy,
          lastModifiedMs: room.clock.nowMs(),
        };
        // False when it changed just now: what there is now is what gets updated.
        if (await room.codeSigning.replace(record, next)) return { CodeSigningConfig: show(next) };
      }
    },
  };
}

export function deleteCodeSigningConfig(
  room: LambdaRoom,
): Operation<DeleteCodeSigningConfigRequest> {
  return {
    name: 'DeleteCodeSigningConfig',
    permissions: (input) => [configPermission(room, 'DeleteCodeSigningConfig', input)],
    handle: async (input) => {
      for (;;) {
        const record = findConfig(room, input);
        const arn = codeSigningConfigArn(record);
        if (room.functions.list(record).some((each) => each.codeSigningConfigArn === arn)) {
          // AWS documents that it refuses; the words are ours.
          throw resourceConflict(
            `The code signing configuration ${arn} is in use by functions. Remove it from them first.`,
          );
        }
        if (await room.codeSigning.remove(record)) return {};
      }
    },
  };
}

export function listCodeSigningConfigs(
  room: LambdaRoom,
): Operation<ListCodeSigningConfigsRequest, ListCodeSigningConfigsResponse> {
  return {
    name: 'ListCodeSigningConfigs',
    permissions: () => [{ action: 'lambda:ListCodeSigningConfigs', resources: ['*'] }],
    handle: async (input, context) => {
      const { items, marker } = pageOf(room.codeSigning.list(context), ({ id }) => id, input);
      return {
        CodeSigningConfigs: items.map(show),
        ...(marker === undefined ? {} : { NextMarker: marker }),
      };
    },
  };
}

interface ConfigRequest {
  readonly CodeSigningConfigArn: string | undefined;
}

export function configPermission(
  { codeSigning }: Pick<LambdaRoom, 'codeSigning'>,
  action: string,
  { CodeSigningConfigArn: arn = '' }: ConfigRequest,
): Permission {
  const conditions = resourceTagConditions(codeSigning.find(arn)?.tags);
  const hasTags = Object.keys(conditions).length > 0;
  return { action: `lambda:${action}`, resources: [arn], ...(hasTags ? { conditions } : {}) };
}

export function findConfig(
  { codeSigning }: Pick<LambdaRoom, 'codeSigning'>,
  { CodeSigningConfigArn: arn = '' }: ConfigRequest,
): CodeSigningConfigRecord {
  const found = codeSigning.find(arn);
  if (found !== undefined) return found;
  // AWS: without a Type, unlike its other errors.
  throw new AwsError(
    'ResourceNotFoundException',
    404,
    `The Lambda code signing configuration ${arn} can not be found.`,
    { members: { Type: '' } },
  );
}

function show(record: CodeSigningConfigRecord): CodeSigningConfig {
  const { description } = record;
  return {
    CodeSigningConfigId: record.id,
    CodeSigningConfigArn: codeSigningConfigArn(record),
    ...(description === undefined ? {} : { Description: description }),
    AllowedPublishers: { SigningProfileVersionArns: [...record.publishers] },
    CodeSigningPolicies: { UntrustedArtifactOnDeployment: record.policy },
    // AWS: an offset without a colon, which Date does not write.
    LastModified: new Date(record.lastModifiedMs).toISOString().replace('Z', '+0000'),
  };
}
