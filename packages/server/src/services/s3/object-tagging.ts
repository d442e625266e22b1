import type {
  DeleteObjectTaggingRequest,
  GetObjectTaggingRequest,
  PutObjectTaggingRequest,
} from '@aws-sdk/client-s3';
import type { Operation, OperationContext, Permission } from '../../core/operation.ts';
import type { Tag } from '../../objects/object-version.ts';
import type { Validated } from '../validated.ts';
import { bucketOf, versionAccess, type NamesVersion } from './access.ts';
import { findObject } from './find-object.ts';
import { inS3Words } from './in-s3-words.ts';
import { versionOutput } from './object-details.ts';
import { checkTags, tagConditions } from './object-tags.ts';
import type { S3Deps } from './s3-deps.ts';
import { noSuchKey } from './s3-errors.ts';
import { malformedXml } from '../../wire/xml-reader.ts';

function access(
  deps: S3Deps,
  verb: 'Get' | 'Put' | 'Delete',
  input: NamesVersion,
  context: OperationContext,
  tags: readonly Tag[] = [],
): readonly Permission[] {
  return [versionAccess(deps, [`${verb}Object`, 'Tagging'], input, context, tagConditions(tags))];
}

export function getObjectTagging(deps: S3Deps): Operation<Validated<GetObjectTaggingRequest>> {
  return {
    name: 'GetObjectTagging',
    permissions: (input, context) => access(deps, 'Get', input, context),
    handle: async (input, context) => {
      const bucket = bucketOf(deps, input);
      const version = await findObject(deps, bucket, input, context);
      return { TagSet: version.details.tags, ...versionOutput(bucket, version) };
    },
  };
}

export function putObjectTagging(deps: S3Deps): Operation<Validated<PutObjectTaggingRequest>> {
  const tagsOf = (input: Validated<PutObjectTaggingRequest>): readonly Tag[] => {
    const { TagSet } = input.Tagging ?? {};
    if (TagSet === undefined) throw malformedXml();
    return checkTags(TagSet, 'object');
  };
  return {
    name: 'PutObjectTagging',
    permissions: (input, context) => access(deps, 'Put', input, context, tagsOf(input)),
    handle: async (input, context) =>
      await setTags(deps, input, tagsOf(input), 'ObjectTagging:Put', context),
  };
}

export function deleteObjectTagging(
  deps: S3Deps,
): Operation<Validated<DeleteObjectTaggingRequest>> {
  return {
    name: 'DeleteObjectTagging',
    permissions: (input, context) => access(deps, 'Delete', input, context),
    handle: async (input, context) =>
      await setTags(deps, input, [], 'ObjectTagging:Delete', context),
  };
}

async function setTags(
  deps: S3Deps,
  input: NamesVersion,
  tags: readonly Tag[],
  event: 'ObjectTagging:Put' | 'ObjectTagging:Delete',
  context: OperationContext,
): Promise<object> {
  const bucket = bucketOf(deps, input);
  await findObject(deps, bucket, input, context);
  const version = await inS3Words(
    input.Bucket,
    deps.objects.objects.amend(
      bucket,
      input.Key,
      input.VersionId,
      (details) => ({ ...details, tags }),
      (changed) => deps.events.statements(bucket, event, changed, context),
    ),
  );
  if (version === undefined) throw noSuchKey(input.Key);
  deps.events.wake();
  return versionOutput(bucket, version);
}
