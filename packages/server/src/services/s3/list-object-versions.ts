import type { ListObjectVersionsRequest } from '@aws-sdk/client-s3';
import type { Operation } from '../../core/operation.ts';
import { listVersions, type ListedVersion } from '../../objects/list-versions.ts';
import type { Validated } from '../validated.ts';
import { bucketAccess, bucketOf } from './access.ts';
import { common, encoderOf, listConditions, pageSize } from './list-objects.ts';
import { quoted, wholeSeconds } from './object-details.ts';
import { ownerOf } from './owners.ts';
import type { S3Deps } from './s3-deps.ts';
import { invalidArgument } from './s3-errors.ts';

export function listObjectVersions(deps: S3Deps): Operation<Validated<ListObjectVersionsRequest>> {
  return {
    name: 'ListObjectVersions',
    permissions: (input, context) => [
      bucketAccess(deps, 'ListBucketVersions', input, context, listConditions(input)),
    ],
    handle: async (input) => {
      const bucket = bucketOf(deps, input);
      const { KeyMarker = '', VersionIdMarker } = input;
      if (VersionIdMarker !== undefined && KeyMarker === '') {
        throw invalidArgument(
          'A version-id marker cannot be specified without a key marker.',
          'version-id-marker',
          VersionIdMarker,
        );
      }
      const encode = encoderOf(input.EncodingType);
      const { entries, isTruncated } = await listVersions(deps.objects.store, bucket, {
        prefix: input.Prefix ?? '',
        delimiter: input.Delimiter ?? '',
        after: KeyMarker,
        ...(VersionIdMarker === undefined ? {} : { afterVersion: VersionIdMarker }),
        most: pageSize(input.MaxKeys, 'max-keys'),
      });
      const versions = entries.filter((each) => each.kind === 'version');
      const last = entries.at(-1);
      const owner = ownerOf(bucket.account);
      return {
        ...common(input),
        KeyMarker: encode(KeyMarker),
        VersionIdMarker: VersionIdMarker ?? '',
        ...(isTruncated && last !== undefined
          ? {
              NextKeyMarker: encode(last.key),
              ...(last.kind === 'version' ? { NextVersionIdMarker: last.version } : {}),
            }
          : {}),
        Versions: versions
          .filter((each) => !each.isMarker)
          .map((each) => ({
            ...identity(each, encode),
            ETag: quoted(each.etag),
            ...(each.summary.algorithm === undefined
              ? {}
              : { ChecksumAlgorithm: [each.summary.algorithm], ChecksumType: each.summary.type }),
            Size: each.size,
            StorageClass: each.summary.storageClass,
            Owner: owner,
          })),
        DeleteMarkers: versions
          .filter((each) => each.isMarker)
          .map((each) => ({ ...identity(each, encode), Owner: owner })),
        CommonPrefixes: entries
          .filter((each) => each.kind === 'prefix')
          .map(({ key }) => ({ Prefix: encode(key) })),
        IsTruncated: isTruncated,
      };
    },
  };
}

function identity(each: ListedVersion, encode: (text: string) => string): object {
  return {
    Key: encode(each.key),
    VersionId: each.version,
    IsLatest: each.isCurrent,
    LastModified: wholeSeconds(each.modifiedMs),
  };
}
