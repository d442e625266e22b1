/** The object that a copy is made of: named in a header, read with the caller's own rights. */
import { AwsError } from '../../core/aws-error.ts';
import type { OperationContext, Permission } from '../../core/operation.ts';
import type { Bucket } from '../../objects/bucket.ts';
import type { ObjectVersion } from '../../objects/object-version.ts';
import { percentDecode } from '../../wire/percent.ts';
import { bucketOf } from './access.ts';
import { findObject } from './find-object.ts';
import { readAccess } from './get-object.ts';
import { wholeSeconds } from './object-details.ts';
import { unquoted } from './put-object.ts';
import type { S3Deps } from './s3-deps.ts';
import { invalidArgument, preconditionFailed } from './s3-errors.ts';

export interface CopiesObject {
  readonly CopySource: string;
  readonly CopySourceIfMatch?: string | undefined;
  readonly CopySourceIfNoneMatch?: string | undefined;
  readonly CopySourceIfModifiedSince?: Date | undefined;
  readonly CopySourceIfUnmodifiedSince?: Date | undefined;
  readonly ExpectedSourceBucketOwner?: string | undefined;
}

interface SourceName {
  readonly Bucket: string;
  readonly Key: string;
  readonly VersionId?: string;
}

export function sourceOf(text: string): SourceName {
  const [encoded = '', query] = text.split('?versionId=');
  const path = percentDecode(encoded) ?? encoded;
  const plain = path.startsWith('/') ? path.slice(1) : path;
  const slash = plain.indexOf('/');
  if (slash < 1 || slash === plain.length - 1) {
    throw invalidArgument(
      'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
      'x-amz-copy-source',
      text,
    );
  }
  const name = { Bucket: plain.slice(0, slash), Key: plain.slice(slash + 1) };
  return query === undefined ? name : { ...name, VersionId: query };
}

export function sourceAccess(
  deps: S3Deps,
  input: CopiesObject,
  context: OperationContext,
): Permission {
  return readAccess(deps, { ...sourceOf(input.CopySource), ...ownerOf(input) }, context);
}

function ownerOf(input: CopiesObject): object {
  const { ExpectedSourceBucketOwner: owner } = input;
  return owner === undefined ? {} : { ExpectedBucketOwner: owner };
}

export async function findSource(
  deps: S3Deps,
  input: CopiesObject,
  context: OperationContext,
): Promise<{ readonly bucket: Bucket; readonly version: ObjectVersion }> {
  const name = sourceOf(input.CopySource);
  const bucket = bucketOf(deps, name);
  let version: ObjectVersion;
  try {
    version = await findObject(deps, bucket, name, context);
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== 'MethodNotAllowed') throw error;
    throw new AwsError(
      'InvalidRequest',
      400,
      'The source of a copy request may not specifically refer to a delete marker by version id.',
    );
  }
  checkConditions(input, version);
  return { bucket, version };
}

function checkConditions(input: CopiesObject, version: ObjectVersion): void {
  const modified = wholeSeconds(version.modifiedMs).getTime();
  const isSame = (etag: string): boolean => etag === '*' || unquoted(etag) === version.etag;
  const failed = (name: string): AwsError => preconditionFailed(`x-amz-copy-source-${name}`);
  const { CopySourceIfMatch: match, CopySourceIfNoneMatch: noneMatch } = input;
  const { CopySourceIfModifiedSince: since, CopySourceIfUnmodifiedSince: until } = input;
  if (match !== undefined && !isSame(match)) throw failed('if-match');
  if (match === undefined && until !== undefined && modified > until.getTime()) {
    throw failed('if-unmodified-since');
  }
  if (noneMatch !== undefined && isSame(noneMatch)) throw failed('if-none-match');
  if (noneMatch === undefined && since !== undefined && modified <= since.getTime()) {
    throw failed('if-modified-since');
  }
}
