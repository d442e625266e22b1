/** ListMultipartUploads and ListParts. */
import type { ListMultipartUploadsRequest, ListPartsRequest } from '@aws-sdk/client-s3';
import type { Operation } from '../../core/operation.ts';
import type { Upload } from '../../objects/upload-repository.ts';
import type { Validated } from '../validated.ts';
import { bucketAccess, bucketOf, objectAccess } from './access.ts';
import { encoderOf, pageSize } from './list-objects.ts';
import { uploadOf } from './multipart.ts';
import { quoted, wholeSeconds } from './object-details.ts';
import { ownerOf } from './owners.ts';
import { checksumOutput } from './read-checksums.ts';
import type { S3Deps } from './s3-deps.ts';

export function listMultipartUploads(
  deps: S3Deps,
): Operation<Validated<ListMultipartUploadsRequest>> {
  return {
    name: 'ListMultipartUploads',
    permissions: (input, context) => [
      bucketAccess(deps, 'ListBucketMultipartUploads', input, context),
    ],
    handle: async (input) => {
      const bucket = bucketOf(deps, input);
      const { Prefix = '', Delimiter = '', KeyMarker = '', UploadIdMarker = '' } = input;
      const encode = encoderOf(input.EncodingType);
      const most = pageSize(input.MaxUploads, 'max-uploads');
      const entries = grouped(await deps.objects.uploads.list(bucket), Prefix, Delimiter);
      const left = entries.filter((each) => isBehind(each, KeyMarker, UploadIdMarker));
      const page = left.slice(0, most);
      const last = page.at(-1);
      const isTruncated = most > 0 && left.length > page.length;
      const owner = ownerOf(bucket.account);
      return {
        Bucket: bucket.name,
        KeyMarker: encode(KeyMarker),
        UploadIdMarker,
        ...(isTruncated && last !== undefined
          ? { NextKeyMarker: encode(last.key), NextUploadIdMarker: last.upload?.id ?? '' }
          : {}),
        Prefix: encode(Prefix),
        ...(Delimiter === '' ? {} : { Delimiter: encode(Delimiter) }),
        ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
        MaxUploads: most,
        IsTruncated: isTruncated,
        Uploads: page.flatMap(({ upload }) =>
          upload === undefined ? [] : [describeUpload(upload, encode, owner)],
        ),
        CommonPrefixes: page.flatMap(({ key, upload }) =>
          upload === undefined ? [{ Prefix: encode(key) }] : [],
        ),
      };
    },
  };
}

/** Without an upload: a common prefix. */
interface Entry {
  readonly key: string;
  readonly upload?: Upload;
}

function grouped(uploads: readonly Upload[], prefix: string, delimiter: string): readonly Entry[] {
  const entries: Entry[] = [];
  for (const upload of uploads) {
    if (!upload.key.startsWith(prefix)) continue;
    const at = delimiter === '' ? -1 : upload.key.indexOf(delimiter, prefix.length);
    if (at === -1) entries.push({ key: upload.key, upload });
    else {
      const key = upload.key.slice(0, at + delimiter.length);
      if (entries.at(-1)?.key !== key) entries.push({ key });
    }
  }
  return entries;
}

function isBehind({ key, upload }: Entry, keyMarker: string, idMarker: string): boolean {
  const order = Buffer.compare(Buffer.from(key), Buffer.from(keyMarker));
  if (order !== 0) return order > 0;
  return idMarker !== '' && upload !== undefined && upload.id > idMarker;
}

function describeUpload(upload: Upload, encode: (text: string) => string, owner: object): object {
  return {
    UploadId: upload.id,
    Key: encode(upload.key),
    Initiated: wholeSeconds(upload.initiatedMs),
    StorageClass: upload.details.storageClass,
    Owner: owner,
    Initiator: { ID: upload.initiator },
    ...(upload.checksum === undefined
      ? {}
      : { ChecksumAlgorithm: upload.checksum.algorithm, ChecksumType: upload.checksum.type }),
  };
}

export function listParts(deps: S3Deps): Operation<Validated<ListPartsRequest>> {
  return {
    name: 'ListParts',
    permissions: (input, context) => [
      objectAccess(deps, 'ListMultipartUploadParts', input, context),
    ],
    handle: async (input) => {
      const bucket = bucketOf(deps, input);
      const upload = await uploadOf(deps, bucket, input);
      const marker = Number(input.PartNumberMarker ?? 0);
      const most = pageSize(input.MaxParts, 'max-parts');
      const left = (await deps.objects.uploads.parts(upload)).filter(
        ({ number }) => number > marker,
      );
      const page = left.slice(0, most);
      return {
        Bucket: bucket.name,
        Key: input.Key,
        UploadId: upload.id,
        PartNumberMarker: String(marker),
        NextPartNumberMarker: String(page.at(-1)?.number ?? 0),
        MaxParts: most,
        IsTruncated: left.length > page.length,
        Parts: page.map((part) => ({
          PartNumber: part.number,
          LastModified: wholeSeconds(part.modifiedMs),
          ETag: quoted(part.etag),
          Size: part.size,
          ...checksumOutput(part.checksum),
        })),
        Initiator: { ID: upload.initiator },
        Owner: ownerOf(bucket.account),
        StorageClass: upload.details.storageClass,
        ...(upload.checksum === undefined
          ? {}
          : { ChecksumAlgorithm: upload.checksum.algorithm, ChecksumType: upload.checksum.type }),
      };
    },
  };
}
