import type { GetObjectAttributesRequest } from '@aws-sdk/client-s3';
import type { Operation } from '../../core/operation.ts';
import type { ObjectVersion } from '../../objects/object-version.ts';
import type { Validated } from '../validated.ts';
import { bucketOf, versionAccess } from './access.ts';
import { findObject } from './find-object.ts';
import { refuseUnsupported, versionOutput, wholeSeconds } from './object-details.ts';
import { checksumOutput } from './read-checksums.ts';
import type { S3Deps } from './s3-deps.ts';
import { invalidArgument, invalidRequest } from './s3-errors.ts';

const known: ReadonlySet<string> = new Set([
  'ETag',
  'Checksum',
  'ObjectParts',
  'StorageClass',
  'ObjectSize',
]);

export function getObjectAttributes(
  deps: S3Deps,
): Operation<Validated<GetObjectAttributesRequest>> {
  return {
    name: 'GetObjectAttributes',
    // AWS: whoever reads the attributes must be allowed to read the object.
    permissions: (input, context) =>
      ['', 'Attributes'].map((what) => versionAccess(deps, ['GetObject', what], input, context)),
    handle: async (input, context) => {
      refuseUnsupported(input);
      const bucket = bucketOf(deps, input);
      const asked = new Set<string>(input.ObjectAttributes ?? []);
      if (asked.size === 0) throw invalidRequest('The x-amz-object-attributes header is required.');
      const unknown = [...asked].find((each) => !known.has(each));
      if (unknown !== undefined) {
        throw invalidArgument(
          'Invalid attribute name specified.',
          'x-amz-object-attributes',
          unknown,
        );
      }
      const version = await findObject(deps, bucket, input, context);
      const { checksum, storageClass, isMultipart } = version.details;
      return {
        LastModified: wholeSeconds(version.modifiedMs),
        ...versionOutput(bucket, version),
        ...(asked.has('ETag') ? { ETag: version.etag } : {}),
        ...(asked.has('Checksum') && checksum !== undefined
          ? { Checksum: { ...checksumOutput(withoutCount(checksum)), ChecksumType: checksum.type } }
          : {}),
        ...(asked.has('ObjectParts') && isMultipart
          ? { ObjectParts: partsOf(version, input) }
          : {}),
        ...(asked.has('StorageClass') ? { StorageClass: storageClass } : {}),
        ...(asked.has('ObjectSize') ? { ObjectSize: version.size } : {}),
      };
    },
  };
}

/** AWS: here a composite checksum stands without the number of its parts. */
function withoutCount<Named extends { readonly value: string }>(checksum: Named): Named {
  return { ...checksum, value: checksum.value.replace(/-\d+$/, '') };
}

function partsOf(
  { details }: ObjectVersion,
  input: { readonly MaxParts?: number | undefined; readonly PartNumberMarker?: string | undefined },
): object {
  const { checksum, segments } = details;
  const marker = Number(input.PartNumberMarker ?? 0);
  const most = Math.min(input.MaxParts ?? 1_000, 1_000);
  const left = segments.filter(({ number }) => number > marker);
  const page = left.slice(0, most);
  // AWS: without checksums of parts there is only their number.
  const isListed = checksum?.type === 'COMPOSITE';
  return {
    TotalPartsCount: segments.length,
    ...(isListed
      ? {
          PartNumberMarker: String(marker),
          NextPartNumberMarker: String(page.at(-1)?.number ?? 0),
          MaxParts: most,
          IsTruncated: left.length > page.length,
          Parts: page.map((each) => ({
            PartNumber: each.number,
            Size: each.size,
            ...(each.checksum === undefined
              ? {}
              : checksumOutput({ algorithm: checksum.algorithm, value: each.checksum })),
          })),
        }
      : {}),
  };
}
