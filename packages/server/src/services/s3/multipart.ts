/** Multipart uploads: begin, parts, end. The object is made in one step from what its parts are. */
import { createHash } from 'node:crypto';
import type {
  AbortMultipartUploadRequest,
  CompleteMultipartUploadRequest,
  CreateMultipartUploadRequest,
  UploadPartCopyRequest,
  UploadPartRequest,
} from '@aws-sdk/client-s3';
import { AwsError } from '../../core/aws-error.ts';
import type { Operation } from '../../core/operation.ts';
import type { Bucket } from '../../objects/bucket.ts';
import type { Checksum } from '../../objects/checksums.ts';
import type { NewObject } from '../../objects/object-repository.ts';
import type { Upload, UploadPart } from '../../objects/upload-repository.ts';
import type { Validated } from '../validated.ts';
import { bucketOf, objectAccess } from './access.ts';
import { choosePartsOf } from './complete-parts.ts';
import { findSource, sourceAccess } from './copy-source.ts';
import { inS3Words } from './in-s3-words.ts';
import {
  detailsOf,
  encryptionOutput,
  quoted,
  refuseUnsupported,
  versionOutput,
  wholeSeconds,
} from './object-details.ts';
import { ownerOf } from './owners.ts';
import { createAccess, writeConditions, writePrecondition } from './put-object.ts';
import { algorithmNamed, checksumOutput, checksumTypeNamed } from './read-checksums.ts';
import { openObject, type ByteRange } from './read-object.ts';
import type { S3Deps } from './s3-deps.ts';
import { entityTooLarge, invalidArgument, invalidRequest, noSuchUpload } from './s3-errors.ts';
import { MOST_PUT_BYTES, storeBody, type BodyClaims, type StoredBody } from './store-body.ts';

export function createMultipartUpload(
  deps: S3Deps,
): Operation<Validated<CreateMultipartUploadRequest>> {
  return {
    name: 'CreateMultipartUpload',
    permissions: (input, context) => createAccess(deps, input, context),
    handle: async (input, context) => {
      const bucket = bucketOf(deps, input);
      refuseUnsupported(input);
      const details = detailsOf(input, bucket);
      const checksum = uploadChecksum(input.ChecksumAlgorithm, input.ChecksumType);
      const id = Buffer.from(deps.ids.hex(48), 'hex').toString('base64url');
      await inS3Words(
        input.Bucket,
        deps.objects.uploads.create({
          id,
          bucketId: bucket.id,
          key: input.Key,
          initiatedMs: deps.clock.nowMs(),
          details,
          initiator: ownerOf(context.account).ID,
          ...(checksum === undefined ? {} : { checksum }),
        }),
      );
      return {
        Bucket: input.Bucket,
        Key: input.Key,
        UploadId: id,
        ...encryptionOutput(details.encryption),
        ...(checksum === undefined
          ? {}
          : { ChecksumAlgorithm: checksum.algorithm, ChecksumType: checksum.type }),
      };
    },
  };
}

/** AWS: which algorithms can speak of the whole object, and which of its parts. */
function uploadChecksum(
  name: string | undefined,
  typeName: string | undefined,
): Upload['checksum'] {
  const algorithm = algorithmNamed(name);
  const type = checksumTypeNamed(typeName);
  if (algorithm === undefined) {
    if (type === undefined) return undefined;
    throw invalidRequest(
      'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
    );
  }
  const chosen = type ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  const isSha = algorithm === 'SHA1' || algorithm === 'SHA256';
  if (
    (chosen === 'FULL_OBJECT' && isSha) ||
    (chosen === 'COMPOSITE' && algorithm === 'CRC64NVME')
  ) {
    throw invalidRequest(
      `The ${chosen} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    );
  }
  return { algorithm, type: chosen };
}

interface NamesUpload {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId: string;
}

export async function uploadOf(deps: S3Deps, bucket: Bucket, input: NamesUpload): Promise<Upload> {
  const upload = await deps.objects.uploads.find(bucket, input.Key, input.UploadId);
  if (upload === undefined) throw noSuchUpload(input.UploadId);
  return upload;
}

type PartInput = Omit<Validated<UploadPartRequest>, 'Body'> & BodyClaims;

export function uploadPart(deps: S3Deps): Operation<PartInput> {
  return {
    name: 'UploadPart',
    permissions: (input, context) => [objectAccess(deps, 'PutObject', input, context)],
    handle: async (input) => {
      refuseUnsupported(input);
      checkPartNumber(input.PartNumber);
      const upload = await uploadOf(deps, bucketOf(deps, input), input);
      const stored = await storeBody(deps, input, upload.checksum?.algorithm);
      await recordPart(deps, upload, input.PartNumber, stored);
      return {
        ETag: quoted(stored.etag),
        ...encryptionOutput(upload.details.encryption),
        ...checksumOutput(stored.checksum),
      };
    },
  };
}

/** AWS: ten thousand parts. */
const MOST_PARTS = 10_000;

function checkPartNumber(number: number): void {
  if (Number.isInteger(number) && number >= 1 && number <= MOST_PARTS) return;
  throw invalidArgument(
    `Part number must be an integer between 1 and ${MOST_PARTS}, inclusive`,
    'partNumber',
    String(number),
  );
}

async function recordPart(
  deps: S3Deps,
  upload: Upload,
  number: number,
  { blob, etag, checksum }: StoredBody,
): Promise<number> {
  const modifiedMs = deps.clock.nowMs();
  try {
    const expected = upload.checksum?.algorithm;
    if (expected !== undefined && checksum !== undefined && expected !== checksum.algorithm) {
      throw invalidRequest(
        `Checksum Type mismatch occurred, expected checksum Type: ${expected.toLowerCase()}, ` +
          `actual checksum Type: ${checksum.algorithm.toLowerCase()}`,
      );
    }
    const dropped = await inS3Words(
      '',
      deps.objects.uploads.putPart(upload, {
        number,
        size: blob.size,
        etag,
        modifiedMs,
        sha256: blob.sha256,
        ...(checksum === undefined ? {} : { checksum }),
      }),
    );
    // Completed or aborted while the bytes came.
    if (dropped === undefined) throw noSuchUpload(upload.id);
    deps.objects.drop(dropped);
    return modifiedMs;
  } catch (error) {
    blob.discard();
    throw error;
  } finally {
    blob.release();
  }
}

export function uploadPartCopy(deps: S3Deps): Operation<Validated<UploadPartCopyRequest>> {
  return {
    name: 'UploadPartCopy',
    permissions: (input, context) => [
      sourceAccess(deps, input, context),
      objectAccess(deps, 'PutObject', input, context, {
        's3:x-amz-copy-source': input.CopySource,
      }),
    ],
    handle: async (input, context) => {
      refuseUnsupported(input);
      checkPartNumber(input.PartNumber);
      const upload = await uploadOf(deps, bucketOf(deps, input), input);
      const source = await findSource(deps, input, context);
      const range = copyRange(input.CopySourceRange, source.version.size);
      const size = range.end - range.start;
      // Before anything is opened that nobody would close.
      if (size > MOST_PUT_BYTES) throw entityTooLarge(size, MOST_PUT_BYTES);
      const body = await openObject(deps.objects.blobs, source.version, range);
      const stored = await storeBody(
        deps,
        { Body: { size: body.size, chunks: body, trailers: new Map() } },
        upload.checksum?.algorithm,
      );
      const modifiedMs = await recordPart(deps, upload, input.PartNumber, stored);
      return {
        CopyPartResult: {
          ETag: quoted(stored.etag),
          LastModified: wholeSeconds(modifiedMs),
          ...checksumOutput(stored.checksum),
        },
        ...encryptionOutput(upload.details.encryption),
      };
    },
  };
}

function copyRange(text: string | undefined, size: number): ByteRange {
  if (text === undefined) {
    if (size > MOST_PUT_BYTES) {
      throw invalidRequest(
        'The specified copy source is larger than the maximum allowable size for a copy source: 5368709120',
      );
    }
    return { start: 0, end: size };
  }
  const found = /^bytes=(\d+)-(\d+)$/.exec(text);
  const [start, last] = [Number(found?.[1]), Number(found?.[2])];
  if (found === null || start > last) {
    throw invalidArgument(
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
      'x-amz-copy-source-range',
      text,
    );
  }
  if (last >= size) {
    throw invalidArgument(
      `Range specified is not valid for source object of size: ${size}`,
      'x-amz-copy-source-range',
      text,
    );
  }
  return { start, end: last + 1 };
}

export function completeMultipartUpload(
  deps: S3Deps,
): Operation<Validated<CompleteMultipartUploadRequest>> {
  return {
    name: 'CompleteMultipartUpload',
    permissions: (input, context) => [
      objectAccess(deps, 'PutObject', input, context, writeConditions(input)),
    ],
    handle: async (input, context) => {
      const bucket = bucketOf(deps, input);
      const upload = await uploadOf(deps, bucket, input);
      const all = await deps.objects.uploads.parts(upload);
      const { parts, checksum } = choosePartsOf(upload, all, input);
      const made = { ...assembled(upload, parts, checksum), modifiedMs: deps.clock.nowMs() };
      if (input.MpuObjectSize !== undefined && input.MpuObjectSize !== made.size) {
        throw invalidRequest(
          `The provided 'x-amz-mp-object-size' header value ${input.MpuObjectSize} does not match what was computed: ${made.size}`,
        );
      }
      const { version, dropped } = await inS3Words(
        input.Bucket,
        deps.objects.objects.put(bucket, input.Key, made, {
          check: writePrecondition(input),
          also: (written) => [
            ...deps.objects.uploads.endStatements(upload, all),
            ...deps.events.statements(
              bucket,
              'ObjectCreated:CompleteMultipartUpload',
              written,
              context,
            ),
          ],
        }),
      );
      deps.objects.drop([...dropped, ...all.map(({ sha256 }) => sha256)]);
      deps.events.wake();
      return {
        Location: `${context.endpoint}/${input.Bucket}/${input.Key}`,
        Bucket: input.Bucket,
        Key: input.Key,
        ETag: quoted(made.etag),
        ...(checksum === undefined
          ? {}
          : { ...checksumOutput(checksum), ChecksumType: checksum.type }),
        ...encryptionOutput(upload.details.encryption),
        ...(version === undefined ? {} : versionOutput(bucket, version)),
      };
    },
  };
}

/** The object that the parts make. */
function assembled(
  upload: Upload,
  parts: readonly UploadPart[],
  checksum: Checksum | undefined,
): Omit<NewObject, 'modifiedMs'> {
  return {
    size: parts.reduce((sum, each) => sum + each.size, 0),
    etag: `${md5Of(parts.map((each) => each.etag))}-${parts.length}`,
    details: {
      ...upload.details,
      ...(checksum === undefined ? {} : { checksum }),
      segments: parts.map((part) => ({
        number: part.number,
        sha256: part.sha256,
        size: part.size,
        ...(part.checksum === undefined ? {} : { checksum: part.checksum.value }),
      })),
      isMultipart: true,
    },
  };
}

function md5Of(hexes: readonly string[]): string {
  const md5 = createHash('md5');
  for (const hex of hexes) md5.update(Buffer.from(hex, 'hex'));
  return md5.digest('hex');
}

export function abortMultipartUpload(
  deps: S3Deps,
): Operation<Validated<AbortMultipartUploadRequest>> {
  return {
    name: 'AbortMultipartUpload',
    permissions: (input, context) => [objectAccess(deps, 'AbortMultipartUpload', input, context)],
    handle: async (input) => {
      const upload = await uploadOf(deps, bucketOf(deps, input), input);
      const since = input.IfMatchInitiatedTime?.getTime();
      if (since !== undefined && since !== wholeSeconds(upload.initiatedMs).getTime()) {
        throw new AwsError('PreconditionFailed', 412, 'The upload was initiated at another time.');
      }
      deps.objects.drop(await inS3Words(input.Bucket, deps.objects.uploads.abort(upload)));
      return {};
    },
  };
}
