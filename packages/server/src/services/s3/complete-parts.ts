/** Which uploaded parts a completion names, and whether they can make an object. */
import { AwsError } from '../../core/aws-error.ts';
import { checksumOfParts, isCrc, type Checksum } from '../../objects/checksums.ts';
import type { Upload, UploadPart } from '../../objects/upload-repository.ts';
import { malformedXml } from '../../wire/xml-reader.ts';
import { unquoted } from './put-object.ts';
import { badDigest, namedChecksum } from './read-checksums.ts';
import { invalidRequest } from './s3-errors.ts';

interface NamedPart {
  readonly PartNumber?: number | undefined;
  readonly ETag?: string | undefined;
}

/** AWS: every part but the last. */
const LEAST_PART_BYTES = 5 * 1_048_576;

export function choosePartsOf(
  upload: Upload,
  uploaded: readonly UploadPart[],
  input: {
    readonly MultipartUpload?: { readonly Parts?: readonly NamedPart[] | undefined } | undefined;
  },
): { readonly parts: readonly UploadPart[]; readonly checksum: Checksum | undefined } {
  const named = input.MultipartUpload?.Parts ?? [];
  if (named.length === 0) throw malformedXml();
  const byNumber = new Map(uploaded.map((part) => [part.number, part]));
  let before = 0;
  const parts = named.map((each) => {
    const number = each.PartNumber ?? 0;
    if (number <= before) throw invalidOrder();
    before = number;
    const part = byNumber.get(number);
    if (part === undefined || unquoted(each.ETag ?? '') !== part.etag)
      throw invalidPart(each, upload);
    checkPartChecksum(upload, part, each);
    return part;
  });
  for (const part of parts.slice(0, -1)) {
    if (part.size < LEAST_PART_BYTES) throw tooSmall(part);
  }
  return { parts, checksum: checksumOf(upload, parts, input) };
}

function checkPartChecksum(upload: Upload, part: UploadPart, named: NamedPart): void {
  const claimed = namedChecksum(named);
  const declared = upload.checksum;
  if (claimed === undefined) {
    if (declared?.type !== 'COMPOSITE') return;
    throw invalidRequest(
      `The upload was created using a ${declared.algorithm.toLowerCase()} checksum. The complete request ` +
        `must include the checksum for each part. It was missing for part ${part.number} in the request.`,
    );
  }
  const own = part.checksum;
  if (own === undefined || (claimed.algorithm === own.algorithm && claimed.value !== own.value)) {
    throw invalidPart(named, upload);
  }
}

/** An upload without a declared algorithm has the checksum that its parts happen to make. */
function checksumOf(
  upload: Upload,
  parts: readonly UploadPart[],
  input: object,
): Checksum | undefined {
  const algorithm = upload.checksum?.algorithm ?? parts[0]?.checksum?.algorithm;
  if (algorithm === undefined) return undefined;
  if (parts.some((part) => part.checksum?.algorithm !== algorithm)) return undefined;
  if (upload.checksum === undefined && !isCrc(algorithm)) return undefined;
  const checksum = checksumOfParts(
    algorithm,
    upload.checksum?.type ?? 'FULL_OBJECT',
    parts.map((part) => ({ value: part.checksum?.value ?? '', size: part.size })),
  );
  const given = (input as Readonly<Record<string, string | undefined>>)[`Checksum${algorithm}`];
  const isOwnForm = given === checksum.value || given === checksum.value.replace(/-\d+$/, '');
  if (given !== undefined && !isOwnForm) throw badDigest(algorithm);
  return checksum;
}

function invalidOrder(): AwsError {
  return new AwsError(
    'InvalidPartOrder',
    400,
    'The list of parts was not in ascending order. Parts must be ordered by part number.',
  );
}

function invalidPart({ PartNumber, ETag }: NamedPart, { id }: Upload): AwsError {
  return new AwsError(
    'InvalidPart',
    400,
    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
    { members: { UploadId: id, PartNumber: String(PartNumber), ETag: unquoted(ETag ?? '') } },
  );
}

function tooSmall(part: UploadPart): AwsError {
  return new AwsError(
    'EntityTooSmall',
    400,
    'Your proposed upload is smaller than the minimum allowed size',
    {
      members: {
        ProposedSize: String(part.size),
        MinSizeAllowed: String(LEAST_PART_BYTES),
        PartNumber: String(part.number),
        ETag: part.etag,
      },
    },
  );
}
