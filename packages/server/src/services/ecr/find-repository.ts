/** What nearly all operations begin with: the repository, and the right to act on it. */
import type { OperationContext, Permission } from '../../core/operation.ts';
import type { ImageRegistry } from '../../registry/image-registry.ts';
import { repositoryArn, type Repository, type RepositoryKey } from '../../registry/repository.ts';
import { resourceTagConditions } from '../tag-conditions.ts';
import type { EcrRoom } from './ecr-deps.ts';
import { repositoryNotFound } from './ecr-errors.ts';

export interface NamesRepository {
  /** The account; the caller's where it is not said. */
  readonly registryId?: string | undefined;
  readonly repositoryName?: string | undefined;
}

export function keyOf(
  { registryId, repositoryName = '' }: NamesRepository,
  { account, region }: Pick<OperationContext, 'account' | 'region'>,
): RepositoryKey {
  return { account: registryId ?? account, region, name: repositoryName };
}

export function findRepository(
  { registry }: Pick<EcrRoom, 'registry'>,
  input: NamesRepository,
  context: OperationContext,
): Repository {
  const key = keyOf(input, context);
  const found = registry.repository(key);
  if (found === undefined) throw repositoryNotFound(key);
  return found;
}

/** `action` without the service: `BatchGetImage`; `given` are the condition keys that come with the request. */
export function repositoryPermission(
  registry: ImageRegistry,
  action: string,
  key: RepositoryKey,
  given: NonNullable<Permission['conditions']> = {},
): Permission {
  const repository = registry.repository(key);
  const policy = repository?.policy?.document;
  return {
    action: `ecr:${action}`,
    resources: [repositoryArn(key)],
    conditions: { ...resourceTagConditions(repository?.resourceTags), ...given },
    ...(policy === undefined ? {} : { resourcePolicy: policy }),
  };
}
