/** Which checksum a request names for its bytes, and what is refused about it. */
import { AwsError } from '../../core/aws-error.ts';
import {
  checksumAlgorithms,
  isChecksumText,
  type ChecksumAlgorithm,
} from '../../objects/checksums.ts';
import { invalidArgument, invalidRequest, notImplemented } from './s3-errors.ts';

export interface NamedChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly value: string;
}

const later = ['SHA512', 'MD5', 'XXHASH64', 'XXHASH3', 'XXHASH128'];

/** The one that the members hold. Throws for two, and for one that cannot be a checksum. */
export function namedChecksum(input: object): NamedChecksum | undefined {
  const values = input as Readonly<Record<string, string | undefined>>;
  const unknown = later.find((each) => values[`Checksum${each}`] !== undefined);
  if (unknown !== undefined) throw notImplemented(`${unknown} checksums`);
  const found = checksumAlgorithms.flatMap((algorithm) => {
    const value = values[`Checksum${algorithm}`];
    return value === undefined ? [] : [{ algorithm, value }];
  });
  if (found.length > 1) {
    throw invalidRequest(
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  }
  const [only] = found;
  if (only !== undefined) checkForm(only);
  return only;
}

export function checkForm({ algorithm, value }: NamedChecksum): void {
  if (isChecksumText(algorithm, value)) return;
  throw invalidRequest(`Value for x-amz-checksum-${algorithm.toLowerCase()} header is invalid.`);
}

/** Throws for one that AWS does not have, or Hearth. */
export function algorithmNamed(name: string | undefined): ChecksumAlgorithm | undefined {
  if (name === undefined || name === '') return undefined;
  const known = checksumAlgorithms.find((each) => each === name.toUpperCase());
  if (known !== undefined) return known;
  if (later.includes(name.toUpperCase())) throw notImplemented(`${name} checksums`);
  throw invalidRequest(
    'Checksum algorithm provided is unsupported. Please try again with any of the valid types: ' +
      '[CRC32, CRC32C, CRC64NVME, SHA1, SHA256]',
  );
}

/** AWS: the sentence as SDKs' users report it. */
export function badDigest(what: string): AwsError {
  return new AwsError(
    'BadDigest',
    400,
    `The ${what} you specified did not match what we received.`,
  );
}

/** The sixteen bytes of a Content-MD5 as hex. */
export function readContentMd5(text: string): string {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.byteLength === 16 && bytes.toString('base64') === text) return bytes.toString('hex');
  throw new AwsError('InvalidDigest', 400, 'The Content-MD5 you specified was invalid.', {
    members: { 'Content-MD5': text },
  });
}

export function checksumOutput(checksum: NamedChecksum | undefined): Record<string, string> {
  return checksum === undefined ? {} : { [`Checksum${checksum.algorithm}`]: checksum.value };
}

export function checksumTypeNamed(
  name: string | undefined,
): 'FULL_OBJECT' | 'COMPOSITE' | undefined {
  if (name === undefined) return undefined;
  const type = name.toUpperCase();
  if (type === 'FULL_OBJECT' || type === 'COMPOSITE') return type;
  throw invalidArgument(
    'Value for x-amz-checksum-type header is invalid.',
    'x-amz-checksum-type',
    name,
  );
}
