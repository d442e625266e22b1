/** GetObject and HeadObject: the same answer, with and without bytes. */
import type { GetObjectRequest, HeadObjectRequest } from '@aws-sdk/client-s3';
import { AwsError } from '../../core/aws-error.ts';
import type { Operation, OperationContext, Permission } from '../../core/operation.ts';
import type { Bucket } from '../../objects/bucket.ts';
import { BlobMissing } from '../../objects/blob-store.ts';
import type { ObjectVersion } from '../../objects/object-version.ts';
import type { Validated } from '../validated.ts';
import { bucketOf, versionAccess, type NamesVersion } from './access.ts';
import { expirationOutput } from './lifecycle-rules.ts';
import { findObject } from './find-object.ts';
import {
  encryptionOutput,
  quoted,
  refuseUnsupported,
  versionOutput,
  wholeSeconds,
} from './object-details.ts';
import { unquoted } from './put-object.ts';
import { chooseRange, type ChosenRange } from './choose-range.ts';
import { checksumOutput } from './read-checksums.ts';
import { openObject } from './read-object.ts';
import type { S3Deps } from './s3-deps.ts';
import { invalidRequest, preconditionFailed } from './s3-errors.ts';

type GetInput = Validated<GetObjectRequest>;

export function getObject(deps: S3Deps): Operation<GetInput> {
  return {
    name: 'GetObject',
    permissions: (input, context) => [readAccess(deps, input, context)],
    handle: async (input, context) => {
      // A content that is replaced between the look-up and the opening is looked up again.
      for (let attempt = 1; ; attempt += 1) {
        const { output, version, range } = await describe(deps, input, context);
        try {
          const Body = await openObject(deps.objects.blobs, version, range);
          return { ...output, Body };
        } catch (error) {
          if (!(error instanceof BlobMissing) || attempt === 3) throw error;
        }
      }
    },
  };
}

export function headObject(deps: S3Deps): Operation<Validated<HeadObjectRequest>> {
  return {
    name: 'HeadObject',
    permissions: (input, context) => [readAccess(deps, input, context)],
    handle: async (input, context) => (await describe(deps, input, context)).output,
  };
}

export function readAccess(
  deps: S3Deps,
  input: NamesVersion,
  context: OperationContext,
): Permission {
  return versionAccess(deps, ['GetObject', ''], input, context);
}

async function describe(
  deps: S3Deps,
  input: GetInput,
  context: OperationContext,
): Promise<{
  readonly output: Record<string, unknown>;
  readonly version: ObjectVersion;
  readonly range: ChosenRange;
}> {
  const bucket = bucketOf(deps, input);
  refuseUnsupported(input);
  const overrides = responseHeaders(input);
  if (Object.keys(overrides).length > 0 && context.principal.kind === 'anonymous') {
    throw invalidRequest(
      'Request specific response headers cannot be used for anonymous GET requests.',
    );
  }
  const version = await findObject(deps, bucket, input, context);
  checkReadConditions(input, version);
  const range = chooseRange(version, input);
  const output = {
    ...outputOf(bucket, version, range, input.ChecksumMode === 'ENABLED'),
    ...(version.isCurrent ? expirationOutput(bucket, version) : {}),
    $headers: { ...version.details.headers, ...overrides },
  };
  return { output, version, range };
}

function outputOf(
  bucket: Bucket,
  version: ObjectVersion,
  range: ChosenRange,
  withChecksum: boolean,
): Record<string, unknown> {
  const { details, size } = version;
  const { checksum, storageClass, tags } = details;
  return {
    AcceptRanges: 'bytes',
    ETag: quoted(version.etag),
    LastModified: wholeSeconds(version.modifiedMs),
    ContentLength: range.end - range.start,
    Metadata: details.metadata,
    ...versionOutput(bucket, version),
    ...encryptionOutput(details.encryption),
    ...(storageClass === 'STANDARD' ? {} : { StorageClass: storageClass }),
    ...(tags.length === 0 ? {} : { TagCount: tags.length }),
    ...(range.partsCount === undefined ? {} : { PartsCount: range.partsCount }),
    ...(range.isPartial
      ? { $status: 206, ContentRange: `bytes ${range.start}-${range.end - 1}/${size}` }
      : {}),
    ...(withChecksum && checksum !== undefined && !range.isPartial
      ? { ...checksumOutput(checksum), ChecksumType: checksum.type }
      : {}),
  };
}

function responseHeaders(input: GetInput): Record<string, string> {
  const all: readonly (readonly [string, string | undefined])[] = [
    ['content-type', input.ResponseContentType],
    ['cache-control', input.ResponseCacheControl],
    ['content-disposition', input.ResponseContentDisposition],
    ['content-encoding', input.ResponseContentEncoding],
    ['content-language', input.ResponseContentLanguage],
    ['expires', input.ResponseExpires?.toUTCString()],
  ];
  const given = all.filter((each): each is readonly [string, string] => each[1] !== undefined);
  for (const [name, value] of given) {
    // What cannot stand in a header would otherwise break the answer after it was decided.
    if (!/^[\t\x20-\x7E\x80-\xFF]*$/.test(value)) {
      throw invalidRequest(`The value of response-${name} cannot be sent in a header.`);
    }
  }
  return Object.fromEntries(given);
}

interface ReadConditions {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
  readonly IfModifiedSince?: Date | undefined;
  readonly IfUnmodifiedSince?: Date | undefined;
}

/** In the order of RFC 9110: a matching ETag makes the dates moot. */
function checkReadConditions(input: ReadConditions, version: ObjectVersion): void {
  const modified = wholeSeconds(version.modifiedMs).getTime();
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = input;
  if (IfMatch !== undefined) {
    if (!matches(IfMatch, version.etag)) throw preconditionFailed('If-Match');
  } else if (IfUnmodifiedSince !== undefined && modified > IfUnmodifiedSince.getTime()) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  const isSame =
    IfNoneMatch === undefined
      ? IfModifiedSince !== undefined && modified <= IfModifiedSince.getTime()
      : matches(IfNoneMatch, version.etag);
  if (!isSame) return;
  throw new AwsError('NotModified', 304, 'Not Modified', {
    headers: {
      etag: quoted(version.etag),
      'last-modified': wholeSeconds(version.modifiedMs).toUTCString(),
    },
  });
}

function matches(condition: string, etag: string): boolean {
  return condition
    .split(',')
    .some((each) => each.trim() === '*' || unquoted(each.trim().replace(/^W\//, '')) === etag);
}
