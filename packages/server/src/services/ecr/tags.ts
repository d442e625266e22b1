/** Tags of repositories, which have nothing to do with those of images. */
import type {
  ListTagsForResourceRequest,
  ListTagsForResourceResponse,
  Tag,
  TagResourceRequest,
  UntagResourceRequest,
} from '@aws-sdk/client-ecr';
import { TAGS_PER_RESOURCE } from '../../core/limits.ts';
import { AwsError } from '../../core/aws-error.ts';
import type {
  AnyOperation,
  Operation,
  OperationContext,
  Permission,
} from '../../core/operation.ts';
import type { Repository, RepositoryKey } from '../../registry/repository.ts';
import { requestTagConditions, tagRecord } from '../tag-conditions.ts';
import type { EcrRoom } from './ecr-deps.ts';
import { invalidParameter, repositoryNotFound } from './ecr-errors.ts';
import { repositoryPermission } from './find-repository.ts';

interface NamesResource {
  readonly resourceArn?: string | undefined;
  readonly tags?: readonly Tag[] | undefined;
  readonly tagKeys?: readonly string[] | undefined;
}

export function tagOperations(room: EcrRoom): readonly AnyOperation[] {
  return [
    tagOperation<TagResourceRequest>(room, 'TagResource', async (key, { tags }) => {
      await change(room, key, (before) => ({ ...before, ...tagRecord(tags) }));
      return {};
    }),
    tagOperation<UntagResourceRequest>(room, 'UntagResource', async (key, { tagKeys = [] }) => {
      await change(room, key, (before) =>
        Object.fromEntries(Object.entries(before).filter(([name]) => !tagKeys.includes(name))),
      );
      return {};
    }),
    tagOperation<ListTagsForResourceRequest, ListTagsForResourceResponse>(
      room,
      'ListTagsForResource',
      async (key) => {
        const repository = room.registry.repository(key);
        if (repository === undefined) throw repositoryNotFound(key);
        const tags = Object.entries(repository.resourceTags);
        return { tags: tags.map(([Key, Value]) => ({ Key, Value })) };
      },
    ),
  ];
}

function givenBy({ tags, tagKeys }: NamesResource): NonNullable<Permission['conditions']> {
  return tagKeys === undefined ? requestTagConditions(tagRecord(tags)) : { 'aws:TagKeys': tagKeys };
}

function tagOperation<Input extends NamesResource, Output extends object = object>(
  { registry }: EcrRoom,
  name: string,
  handle: (key: RepositoryKey, input: Input) => Promise<Output>,
): Operation<Input, Output> {
  return {
    name,
    permissions: (input, context) => [
      repositoryPermission(registry, name, keyIn(input, context), givenBy(input)),
    ],
    handle: async (input, context) => await handle(keyIn(input, context), input),
  };
}

const REPOSITORY_ARN = /^arn:aws:ecr:([^:]+):(\d{12}):repository\/(.+)$/;

function keyIn({ resourceArn = '' }: NamesResource, { region }: OperationContext): RepositoryKey {
  const [, place = '', account = '', name = ''] = REPOSITORY_ARN.exec(resourceArn) ?? [];
  if (name !== '' && place === region) return { account, region, name };
  throw invalidParameter(
    "Invalid parameter at 'resourceArn' failed to satisfy constraint: 'Invalid ARN'",
  );
}

async function change(
  { registry }: EcrRoom,
  key: RepositoryKey,
  changed: (tags: Repository['resourceTags']) => Repository['resourceTags'],
): Promise<void> {
  const found = await registry.change(key, (repository) => {
    const resourceTags = changed(repository.resourceTags);
    if (Object.keys(resourceTags).length > TAGS_PER_RESOURCE) {
      throw new AwsError('TooManyTagsException', 400, 'A repository has at most 50 tags.');
    }
    return { ...repository, resourceTags };
  });
  if (found === undefined) throw repositoryNotFound(key);
}
