import type { DeleteObjectRequest, DeleteObjectsRequest } from '@aws-sdk/client-s3';
import { AwsError } from '../../core/aws-error.ts';
import type { Operation, OperationContext } from '../../core/operation.ts';
import type { Bucket } from '../../objects/bucket.ts';
import type { Precondition } from '../../objects/object-repository.ts';
import type { Validated } from '../validated.ts';
import { bucketOf, versionAccess } from './access.ts';
import { inS3Words } from './in-s3-words.ts';
import { checkVersionId } from './object-details.ts';
import { unquoted } from './put-object.ts';
import type { S3Deps } from './s3-deps.ts';
import { preconditionFailed } from './s3-errors.ts';
import { malformedXml } from '../../wire/xml-reader.ts';

interface Target {
  readonly Key: string;
  readonly VersionId?: string | undefined;
  readonly IfMatch?: string | undefined;
}

interface Deleted {
  /** The version that has gone, or the marker that was made. */
  readonly version: string | undefined;
  readonly isMarker: boolean;
}

export function deleteObject(deps: S3Deps): Operation<Validated<DeleteObjectRequest>> {
  return {
    name: 'DeleteObject',
    permissions: (input, context) => [deleteAccess(deps, input, input, context)],
    handle: async (input, context) => {
      const { version, isMarker } = await remove(deps, bucketOf(deps, input), input, context);
      return {
        ...(version === undefined ? {} : { VersionId: version }),
        ...(isMarker ? { DeleteMarker: true } : {}),
      };
    },
  };
}

function deleteAccess(
  deps: S3Deps,
  {
    Bucket,
    ExpectedBucketOwner,
  }: { readonly Bucket: string; readonly ExpectedBucketOwner?: string | undefined },
  { Key, VersionId }: Target,
  context: OperationContext,
): ReturnType<typeof versionAccess> {
  const input = { Bucket, ExpectedBucketOwner, Key, VersionId };
  return versionAccess(deps, ['DeleteObject', ''], input, context);
}

async function remove(
  deps: S3Deps,
  bucket: Bucket,
  { Key, VersionId, IfMatch }: Target,
  context: OperationContext,
): Promise<Deleted> {
  checkVersionId(VersionId);
  const { objects, events } = deps;
  const check: Precondition = (current) => {
    if (IfMatch === undefined || current === undefined) return;
    if (IfMatch !== '*' && unquoted(IfMatch) !== current.etag) throw preconditionFailed('If-Match');
  };
  const statements = events.statements.bind(events);
  const changed = await inS3Words(
    bucket.name,
    VersionId === undefined
      ? objects.objects.delete(bucket, Key, deps.clock.nowMs(), {
          check,
          also: (version) => {
            const name = version.isMarker ? 'DeleteMarkerCreated' : 'Delete';
            return statements(bucket, `ObjectRemoved:${name}`, version, context);
          },
        })
      : objects.objects.deleteVersion(bucket, Key, VersionId, {
          check,
          also: (version) => statements(bucket, 'ObjectRemoved:Delete', version, context),
        }),
  );
  objects.drop(changed.dropped);
  events.wake();
  const shown = bucket.versioning === undefined && VersionId === undefined;
  return {
    version: shown ? undefined : (changed.version?.version ?? VersionId),
    isMarker: changed.version?.isMarker === true,
  };
}

/** AWS: keys of one request. */
const MOST_KEYS = 1_000;

export function deleteObjects(deps: S3Deps): Operation<Validated<DeleteObjectsRequest>> {
  return {
    name: 'DeleteObjects',
    // AWS: each key is allowed or denied for itself, and the answer says which.
    permissions: (input) => {
      bucketOf(deps, input);
      return [];
    },
    handle: async (input, context) => {
      const { Objects = [], Quiet } = input.Delete ?? {};
      if (Objects.length === 0 || Objects.length > MOST_KEYS) throw malformedXml();
      const bucket = bucketOf(deps, input);
      const Deleted: object[] = [];
      const Errors: object[] = [];
      for (const { Key, VersionId, ETag } of Objects) {
        if (Key === undefined || Key === '') throw malformedXml();
        const target = { Key, VersionId, IfMatch: ETag };
        try {
          const done = await removeAs(deps, bucket, target, context);
          if (Quiet !== true) Deleted.push(describe(target, done));
        } catch (error) {
          if (!(error instanceof AwsError)) throw error;
          const { code: Code, message: Message } = error;
          Errors.push({ Key, ...(VersionId === undefined ? {} : { VersionId }), Code, Message });
        }
      }
      return { Deleted, Errors };
    },
  };
}

/** One key in the caller's own name, as DeleteObject would be. */
async function removeAs(
  deps: S3Deps,
  bucket: Bucket,
  { Key, VersionId, IfMatch }: Target,
  { principal, account, region }: OperationContext,
): Promise<Deleted> {
  const output = (await deps.callAs({ principal, account, region }, 's3', 'DeleteObject', {
    Bucket: bucket.name,
    Key,
    ...(VersionId === undefined ? {} : { VersionId }),
    ...(IfMatch === undefined ? {} : { IfMatch }),
  })) as { readonly VersionId?: string; readonly DeleteMarker?: boolean };
  return { version: output.VersionId, isMarker: output.DeleteMarker === true };
}

function describe({ Key, VersionId }: Target, { version, isMarker }: Deleted): object {
  return {
    Key,
    ...(VersionId === undefined ? {} : { VersionId }),
    ...(isMarker ? { DeleteMarker: true, DeleteMarkerVersionId: version } : {}),
  };
}
