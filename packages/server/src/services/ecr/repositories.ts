/** Repositories are made, shown and removed. */
import type {
  CreateRepositoryRequest,
  CreateRepositoryResponse,
  DeleteRepositoryRequest,
  DeleteRepositoryResponse,
  DescribeRepositoriesRequest,
  DescribeRepositoriesResponse,
  Repository as ShownRepository,
} from '@aws-sdk/client-ecr';
import type {
  AnyOperation,
  Operation,
  OperationContext,
  Permission,
} from '../../core/operation.ts';
import { isRepositoryName, repositoryArn, type Repository } from '../../registry/repository.ts';
import { requestTagConditions, tagRecord } from '../tag-conditions.ts';
import type { Validated } from '../validated.ts';
import type { EcrRoom } from './ecr-deps.ts';
import {
  cannotYet,
  invalidParameter,
  repositoryExists,
  repositoryNotEmpty,
  repositoryNotFound,
} from './ecr-errors.ts';
import { keyOf, repositoryPermission } from './find-repository.ts';
import { pageOf } from './page.ts';
import { repositoryOperation } from './repository-operation.ts';

export function repositoryOperations(room: EcrRoom): readonly AnyOperation[] {
  return [
    createRepository(room),
    describeRepositories(room),
    repositoryOperation<DeleteRepositoryRequest, DeleteRepositoryResponse>(
      room,
      'DeleteRepository',
      async (repository, { force }, context) => {
        const hasImages = room.registry.images(repository).length > 0;
        if (hasImages && force !== true) throw repositoryNotEmpty(repository);
        await room.registry.remove(repository);
        return { repository: showRepository(repository, context) };
      },
    ),
  ];
}

function createRepository(
  room: EcrRoom,
): Operation<Validated<CreateRepositoryRequest>, CreateRepositoryResponse> {
  return {
    name: 'CreateRepository',
    permissions: (input, context) => {
      const key = keyOf(input, context);
      const given = requestTagConditions(tagRecord(input.tags));
      const needs = (action: string): Permission =>
        repositoryPermission(room.registry, action, key, given);
      const isTagged = (input.tags ?? []).length > 0;
      return isTagged
        ? [needs('CreateRepository'), needs('TagResource')]
        : [needs('CreateRepository')];
    },
    handle: async (input, context) => {
      const key = keyOf(input, context);
      if (!isRepositoryName(key.name)) {
        // AWS's own pattern is in the sentence.
        throw invalidParameter(
          `Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*''`,
        );
      }
      const encryption = input.encryptionConfiguration?.encryptionType ?? 'AES256';
      if (encryption !== 'AES256') throw cannotYet(`encryption by ${encryption}`);
      const repository: Repository = {
        ...key,
        createdMs: room.clock.nowMs(),
        hasImmutableTags: isImmutable(input.imageTagMutability),
        scansOnPush: input.imageScanningConfiguration?.scanOnPush ?? false,
        resourceTags: tagRecord(input.tags),
        tags: {},
      };
      if (!(await room.registry.create(repository))) throw repositoryExists(key);
      return { repository: showRepository(repository, context) };
    },
  };
}

export function isImmutable(mutability: string | undefined): boolean {
  if (mutability?.endsWith('_WITH_EXCLUSION') === true) {
    throw cannotYet(`image tag mutability ${mutability}`);
  }
  return mutability === 'IMMUTABLE';
}

function describeRepositories(
  room: EcrRoom,
): Operation<DescribeRepositoriesRequest, DescribeRepositoriesResponse> {
  return {
    name: 'DescribeRepositories',
    permissions: ({ registryId, repositoryNames }, context) =>
      (repositoryNames ?? ['*']).map((name) =>
        repositoryPermission(
          room.registry,
          'DescribeRepositories',
          keyOf({ registryId, repositoryName: name }, context),
        ),
      ),
    handle: async (input, context) => {
      const { registryId, repositoryNames: names } = input;
      if (names !== undefined) {
        const repositories = names.map((repositoryName) => {
          const key = keyOf({ registryId, repositoryName }, context);
          const found = room.registry.repository(key);
          if (found === undefined) throw repositoryNotFound(key);
          return showRepository(found, context);
        });
        return { repositories };
      }
      const all = room.registry.repositories(keyOf({ registryId }, context));
      const { items, nextToken } = pageOf(all, input, ({ name }) => name);
      return { repositories: items.map((each) => showRepository(each, context)), ...nextToken };
    },
  };
}

/** Its address is one that a client can push to: of this server, as the URL of a queue is. */
function showRepository(repository: Repository, { endpoint }: OperationContext): ShownRepository {
  return {
    repositoryArn: repositoryArn(repository),
    registryId: repository.account,
    repositoryName: repository.name,
    repositoryUri: `${new URL(endpoint).host}/${repository.name}`,
    createdAt: new Date(repository.createdMs),
    imageTagMutability: repository.hasImmutableTags ? 'IMMUTABLE' : 'MUTABLE',
    imageScanningConfiguration: { scanOnPush: repository.scansOnPush },
    encryptionConfiguration: { encryptionType: 'AES256' },
  };
}
