/** ECR's errors, in AWS's words as far as they are known. */
import { AwsError } from '../../core/aws-error.ts';
import type { RepositoryKey } from '../../registry/repository.ts';

export function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterException', 400, message);
}

export function repositoryNotFound({ name, account }: RepositoryKey): AwsError {
  return new AwsError(
    'RepositoryNotFoundException',
    400,
    `The repository with name '${name}' does not exist in the registry with id '${account}'`,
  );
}

export function repositoryExists({ name, account }: RepositoryKey): AwsError {
  return new AwsError(
    'RepositoryAlreadyExistsException',
    400,
    `The repository with name '${name}' already exists in the registry with id '${account}'`,
  );
}

export function repositoryNotEmpty({ name, account }: RepositoryKey): AwsError {
  return new AwsError(
    'RepositoryNotEmptyException',
    400,
    `The repository with name '${name}' in registry with id '${account}' cannot be deleted because it still contains images`,
  );
}

export function notSet(
  what: 'Repository' | 'Lifecycle',
  { name, account }: RepositoryKey,
): AwsError {
  return new AwsError(
    `${what}PolicyNotFoundException`,
    400,
    `${what} policy does not exist for the repository with name '${name}' in the registry with id '${account}'`,
  );
}

export interface ImageAsked {
  readonly imageDigest?: string | undefined;
  readonly imageTag?: string | undefined;
}

export function imageNotFound(key: RepositoryKey, asked: ImageAsked): AwsError {
  const { imageDigest = null, imageTag = null } = asked;
  return new AwsError(
    'ImageNotFoundException',
    400,
    `The image with imageId {imageDigest:'${imageDigest}', imageTag:'${imageTag}'} does not exist within the repository with name '${key.name}' in the registry with id '${key.account}'`,
  );
}

export function tagIsTaken(key: RepositoryKey, tag: string): AwsError {
  return new AwsError(
    'ImageTagAlreadyExistsException',
    400,
    `The image tag '${tag}' already exists in the '${key.name}' repository and cannot be overwritten because the tag is immutable.`,
  );
}

/** As AWS documents it; there the numbers are others. */
export function limitExceeded(cause?: unknown): AwsError {
  return new AwsError(
    'LimitExceededException',
    400,
    'The operation did not succeed because it would have exceeded a service limit for your account.',
    { cause },
  );
}

/** What AWS has and what would have no effect here is refused, not ignored. */
export function cannotYet(what: string): AwsError {
  return invalidParameter(`Hearth does not implement ${what} yet.`);
}
