import type { CopyObjectRequest } from '@aws-sdk/client-s3';
import type { Operation } from '../../core/operation.ts';
import type { HeldBlob } from '../../objects/blob-store.ts';
import type { Bucket } from '../../objects/bucket.ts';
import type { Checksum, DigestName } from '../../objects/checksums.ts';
import type { ObjectDetails, ObjectVersion } from '../../objects/object-version.ts';
import type { Validated } from '../validated.ts';
import { bucketOf, objectAccess } from './access.ts';
import { findSource, sourceAccess, sourceOf } from './copy-source.ts';
import { inS3Words } from './in-s3-words.ts';
import {
  detailsOf,
  encryptionOf,
  encryptionOutput,
  headersOf,
  metadataOf,
  quoted,
  refuseUnsupported,
  storageClassOf,
  versionOutput,
  wholeSeconds,
} from './object-details.ts';
import { writeConditions, writePrecondition } from './put-object.ts';
import { algorithmNamed, checksumOutput } from './read-checksums.ts';
import { openObject } from './read-object.ts';
import type { S3Deps } from './s3-deps.ts';
import { MOST_PUT_BYTES } from './store-body.ts';
import { conflicting, invalidArgument, invalidRequest } from './s3-errors.ts';

type Input = Validated<CopyObjectRequest>;

export function copyObject(deps: S3Deps): Operation<Input> {
  return {
    name: 'CopyObject',
    permissions: (input, context) => [
      sourceAccess(deps, input, context),
      objectAccess(deps, 'PutObject', input, context, {
        ...writeConditions(input),
        's3:x-amz-copy-source': input.CopySource,
        ...(input.MetadataDirective === undefined
          ? {}
          : { 's3:x-amz-metadata-directive': input.MetadataDirective }),
      }),
    ],
    handle: async (input, context) => {
      const bucket = bucketOf(deps, input);
      refuseUnsupported(input);
      const source = await findSource(deps, input, context);
      checkCopy(input, source.version);
      const held = await holdSegments(deps, source.version);
      try {
        const { etag, checksum } = await fingerprint(deps, input, source.version);
        const details: ObjectDetails = {
          ...describeCopy(input, source.version, bucket),
          ...(checksum === undefined ? {} : { checksum }),
          // The copy is one object, whatever it was uploaded as; its bytes are shared.
          segments: source.version.details.segments,
          isMultipart: false,
        };
        const modifiedMs = deps.clock.nowMs();
        const made = { modifiedMs, size: source.version.size, etag, details };
        const { version, dropped } = await inS3Words(
          input.Bucket,
          deps.objects.objects.put(bucket, input.Key, made, {
            check: writePrecondition(input),
            also: (written) =>
              deps.events.statements(bucket, 'ObjectCreated:Copy', written, context),
          }),
        );
        deps.objects.drop(dropped);
        deps.events.wake();
        return {
          CopyObjectResult: {
            ETag: quoted(etag),
            LastModified: wholeSeconds(modifiedMs),
            ...checksumOutput(checksum),
            ...(checksum === undefined ? {} : { ChecksumType: checksum.type }),
          },
          ...(source.bucket.versioning === undefined
            ? {}
            : { CopySourceVersionId: source.version.version }),
          ...(version === undefined ? {} : versionOutput(bucket, version)),
          ...encryptionOutput(details.encryption),
        };
      } finally {
        for (const each of held) each.release();
      }
    },
  };
}

function checkCopy(input: Input, source: ObjectVersion): void {
  const { MetadataDirective = 'COPY', TaggingDirective = 'COPY' } = input;
  for (const directive of [MetadataDirective, TaggingDirective]) {
    if (directive !== 'COPY' && directive !== 'REPLACE') {
      throw invalidArgument('Unknown metadata directive.', 'x-amz-metadata-directive', directive);
    }
  }
  if (source.size > MOST_PUT_BYTES) {
    throw invalidRequest(
      'The specified copy source is larger than the maximum allowable size for a copy source: 5368709120',
    );
  }
  const name = sourceOf(input.CopySource);
  const isItself =
    name.Bucket === input.Bucket && name.Key === input.Key && name.VersionId === undefined;
  const changesNothing =
    MetadataDirective === 'COPY' &&
    input.StorageClass === undefined &&
    input.ServerSideEncryption === undefined;
  if (isItself && changesNothing) {
    throw invalidRequest(
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
}

/** The source's contents may lose their other references while the copy is made. */
async function holdSegments(
  { objects }: S3Deps,
  { details }: ObjectVersion,
): Promise<readonly HeldBlob[]> {
  const held: HeldBlob[] = [];
  for (const { sha256 } of details.segments) {
    const blob = await objects.blobs.hold(sha256);
    if (blob === undefined) {
      for (const each of held) each.release();
      // Replaced since it was looked up.
      throw conflicting();
    }
    held.push(blob);
  }
  return held;
}

function describeCopy(
  input: Input,
  source: ObjectVersion,
  bucket: Bucket,
): Omit<ObjectDetails, 'checksum' | 'segments' | 'isMultipart'> {
  const replaces = input.MetadataDirective === 'REPLACE';
  const { Tagging, ...untagged } = input;
  const tags =
    input.TaggingDirective === 'REPLACE'
      ? detailsOf(Tagging === undefined ? untagged : input, bucket).tags
      : source.details.tags;
  return {
    headers: replaces ? headersOf(input) : source.details.headers,
    metadata: replaces ? metadataOf(input.Metadata) : source.details.metadata,
    tags,
    storageClass: storageClassOf(input.StorageClass),
    encryption: encryptionOf(input, bucket),
  };
}

/** Known already where the source is in one piece and its checksum is the one that is wanted. */
async function fingerprint(
  { objects }: S3Deps,
  input: Input,
  source: ObjectVersion,
): Promise<{ readonly etag: string; readonly checksum: Checksum | undefined }> {
  const { checksum } = source.details;
  const algorithm = algorithmNamed(input.ChecksumAlgorithm) ?? checksum?.algorithm;
  const isWhole = !source.etag.includes('-');
  if (isWhole && checksum?.algorithm === algorithm && checksum?.type !== 'COMPOSITE') {
    return { etag: source.etag, checksum };
  }
  const body = await openObject(objects.blobs, source, { start: 0, end: source.size });
  const names: readonly DigestName[] = algorithm === undefined ? ['MD5'] : ['MD5', algorithm];
  const digests = await objects.blobs.digest(body, names);
  return {
    etag: digests.get('MD5')?.toString('hex') ?? '',
    checksum:
      algorithm === undefined
        ? undefined
        : {
            algorithm,
            value: digests.get(algorithm)?.toString('base64') ?? '',
            type: 'FULL_OBJECT',
          },
  };
}
