/** S3's checksums: of a whole object while it streams, of a multipart upload from its parts. */
import { createHash } from 'node:crypto';
import { combineCrcs, createCrc32, createCrc32c, createCrc64, type CrcName } from './crc.ts';

export const checksumAlgorithms = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number];
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64; composite ones end in `-<number of parts>`. */
  readonly value: string;
  readonly type: ChecksumType;
}

/** Also what is no checksum of S3's, but the ETag. */
export type DigestName = ChecksumAlgorithm | 'MD5';

export type Digests = ReadonlyMap<DigestName, Buffer>;

export interface RunningDigest {
  update(chunk: Uint8Array): unknown;
  digest(): Buffer;
}

export function startDigest(name: DigestName): RunningDigest {
  switch (name) {
    case 'CRC32':
      return createCrc32();
    case 'CRC32C':
      return createCrc32c();
    case 'CRC64NVME':
      return createCrc64();
    case 'SHA1':
    case 'SHA256':
    case 'MD5':
      return createHash(name.toLowerCase());
  }
}

export function isCrc(algorithm: ChecksumAlgorithm): algorithm is CrcName {
  return algorithm === 'CRC32' || algorithm === 'CRC32C' || algorithm === 'CRC64NVME';
}

const digestBytes: Readonly<Record<ChecksumAlgorithm, number>> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
};

/** Whether the text can be a checksum of this kind at all. */
export function isChecksumText(algorithm: ChecksumAlgorithm, text: string): boolean {
  const bytes = Buffer.from(text, 'base64');
  return bytes.byteLength === digestBytes[algorithm] && bytes.toString('base64') === text;
}

export interface PartChecksum {
  readonly value: string;
  readonly size: number;
}

/** The checksum of the object that the parts make. */
export function checksumOfParts(
  algorithm: ChecksumAlgorithm,
  type: ChecksumType,
  parts: readonly PartChecksum[],
): Checksum {
  const digests = parts.map(({ value, size }) => ({ digest: Buffer.from(value, 'base64'), size }));
  if (type === 'FULL_OBJECT' && isCrc(algorithm)) {
    return { algorithm, type, value: combineCrcs(algorithm, digests).toString('base64') };
  }
  const whole = startDigest(algorithm);
  for (const { digest } of digests) whole.update(digest);
  const value = `${whole.digest().toString('base64')}-${parts.length}`;
  return { algorithm, type: 'COMPOSITE', value };
}
