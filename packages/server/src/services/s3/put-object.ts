import type { PutObjectRequest } from '@aws-sdk/client-s3';
import type { Operation, OperationContext, Permission } from '../../core/operation.ts';
import type { Precondition } from '../../objects/object-repository.ts';
import type { Validated } from '../validated.ts';
import { bucketOf, objectAccess, type NamesObject } from './access.ts';
import { inS3Words } from './in-s3-words.ts';
import {
  detailsOf,
  encryptionOutput,
  quoted,
  refuseUnsupported,
  versionOutput,
} from './object-details.ts';
import { tagConditions, tagsOfQuery } from './object-tags.ts';
import { checksumOutput } from './read-checksums.ts';
import type { S3Deps } from './s3-deps.ts';
import { noSuchKey, notImplemented, preconditionFailed } from './s3-errors.ts';
import { storeBody, type BodyClaims } from './store-body.ts';

type Input = Omit<Validated<PutObjectRequest>, 'Body' | 'Tagging'> &
  BodyClaims & { readonly Tagging?: string | undefined };

export function putObject(deps: S3Deps): Operation<Input> {
  return {
    name: 'PutObject',
    permissions: (input, context) => createAccess(deps, input, context),
    handle: async (input, context) => {
      const bucket = bucketOf(deps, input);
      refuseUnsupported(input);
      const details = detailsOf(input, bucket);
      const check = writePrecondition(input);
      using ahead = deps.objects.objects.readAhead(bucket, input.Key);
      const { blob, etag, checksum } = await storeBody(deps, input);
      try {
        const made = {
          modifiedMs: deps.clock.nowMs(),
          size: blob.size,
          etag,
          details: {
            ...details,
            ...(checksum === undefined
              ? {}
              : { checksum: { ...checksum, type: 'FULL_OBJECT' as const } }),
            segments: [{ number: 1, sha256: blob.sha256, size: blob.size }],
            isMultipart: false,
          },
        };
        const { version, dropped } = await inS3Words(
          input.Bucket,
          deps.objects.objects.put(bucket, input.Key, made, {
            check,
            ahead,
            also: (written) =>
              deps.events.statements(bucket, 'ObjectCreated:Put', written, context),
          }),
        );
        deps.objects.drop(dropped);
        deps.events.wake();
        return {
          ETag: quoted(etag),
          ...encryptionOutput(details.encryption),
          ...checksumOutput(checksum),
          ...(checksum === undefined ? {} : { ChecksumType: 'FULL_OBJECT' }),
          ...(version === undefined ? {} : versionOutput(bucket, version)),
        };
      } catch (error) {
        blob.discard();
        throw error;
      } finally {
        blob.release();
      }
    },
  };
}

export interface ConditionalWrite {
  readonly Key: string;
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
}

/** Looked at when the object is written, under the lock of its key. */
export function writePrecondition({ Key, IfMatch, IfNoneMatch }: ConditionalWrite): Precondition {
  if (IfNoneMatch !== undefined && IfNoneMatch !== '*') {
    throw notImplemented('If-None-Match with an ETag for writes');
  }
  return (current) => {
    if (IfNoneMatch !== undefined && current !== undefined)
      throw preconditionFailed('If-None-Match');
    if (IfMatch === undefined) return;
    if (current === undefined) throw noSuchKey(Key);
    if (IfMatch !== '*' && unquoted(IfMatch) !== current.etag) throw preconditionFailed('If-Match');
  };
}

export function unquoted(etag: string): string {
  return etag.replaceAll('"', '');
}

/** What whoever begins a new object must be allowed. */
export function createAccess(
  deps: S3Deps,
  input: NamesObject & Parameters<typeof writeConditions>[0],
  context: OperationContext,
): readonly Permission[] {
  const write = objectAccess(deps, 'PutObject', input, context, writeConditions(input));
  if (input.Tagging === undefined) return [write];
  // AWS: tags at creation need the right to tag as well.
  return [write, objectAccess(deps, 'PutObjectTagging', input, context)];
}

/** What policies can ask about a write. */
export function writeConditions(input: {
  readonly ACL?: string | undefined;
  readonly StorageClass?: string | undefined;
  readonly ServerSideEncryption?: string | undefined;
  readonly Tagging?: string | undefined;
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
}): Readonly<Record<string, string | readonly string[]>> {
  const conditions: Record<string, string | readonly string[]> = {};
  if (input.ACL !== undefined) conditions['s3:x-amz-acl'] = input.ACL;
  if (input.StorageClass !== undefined) conditions['s3:x-amz-storage-class'] = input.StorageClass;
  if (input.ServerSideEncryption !== undefined) {
    conditions['s3:x-amz-server-side-encryption'] = input.ServerSideEncryption;
  }
  if (input.IfMatch !== undefined) conditions['s3:if-match'] = input.IfMatch;
  if (input.IfNoneMatch !== undefined) conditions['s3:if-none-match'] = input.IfNoneMatch;
  if (input.Tagging !== undefined)
    Object.assign(conditions, tagConditions(tagsOfQuery(input.Tagging)));
  return conditions;
}
