/** From a request's key and version to an object that can be shown, or to AWS's refusal. */
import type { OperationContext } from '../../core/operation.ts';
import type { Bucket } from '../../objects/bucket.ts';
import type { ObjectVersion } from '../../objects/object-version.ts';
import { AwsError } from '../../core/aws-error.ts';
import type { NamesVersion } from './access.ts';
import { checkVersionId, wholeSeconds } from './object-details.ts';
import type { S3Deps } from './s3-deps.ts';
import { accessDenied, noSuchKey, noSuchVersion } from './s3-errors.ts';

export async function findObject(
  deps: S3Deps,
  bucket: Bucket,
  input: NamesVersion,
  context: OperationContext,
): Promise<ObjectVersion> {
  const { Key, VersionId } = input;
  checkVersionId(VersionId);
  if (VersionId === undefined) {
    const found = await deps.objects.objects.current(bucket, Key);
    if (found !== undefined && !found.isMarker) return found;
    await refuseStrangers(deps, bucket, context);
    throw noSuchKey(Key, found === undefined ? {} : markerHeaders(found));
  }
  const found = await deps.objects.objects.find(bucket, Key, VersionId);
  if (found === undefined) {
    await refuseStrangers(deps, bucket, context);
    throw noSuchVersion(Key, VersionId);
  }
  if (!found.isMarker) return found;
  throw new AwsError(
    'MethodNotAllowed',
    405,
    'The specified method is not allowed against this resource.',
    {
      members: { Method: 'GET', ResourceType: 'DeleteMarker' },
      headers: {
        ...markerHeaders(found),
        'last-modified': wholeSeconds(found.modifiedMs).toUTCString(),
        allow: 'DELETE',
      },
    },
  );
}

function markerHeaders({ version }: ObjectVersion): Record<string, string> {
  return { 'x-amz-delete-marker': 'true', 'x-amz-version-id': version };
}

/** AWS: who may not list a bucket is not told what is missing in it. */
async function refuseStrangers(
  deps: S3Deps,
  bucket: Bucket,
  { principal, account, region }: OperationContext,
): Promise<void> {
  try {
    await deps.callAs({ principal, account, region }, 's3', 'HeadBucket', { Bucket: bucket.name });
  } catch (error) {
    if (error instanceof AwsError && error.code === 'AccessDenied') throw accessDenied();
    throw error;
  }
}
