/**
 * Takes the bytes of a request into the object store: written aside while they come, hashed for
 * the ETag and the checksum, and given a name only when everything that the client said of them
 * has turned out true.
 */
import type { IncomingBody } from '../../core/object-body.ts';
import { contentHashMismatch } from '../../wire/sigv4-errors.ts';
import type { HeldBlob } from '../../objects/blob-store.ts';
import type { ChecksumAlgorithm } from '../../objects/checksums.ts';
import type { S3Deps } from './s3-deps.ts';
import { entityTooLarge, invalidRequest } from './s3-errors.ts';
import {
  algorithmNamed,
  badDigest,
  checkForm,
  namedChecksum,
  readContentMd5,
  type NamedChecksum,
} from './read-checksums.ts';

export interface StoredBody {
  readonly blob: HeldBlob;
  /** The MD5 in hex. */
  readonly etag: string;
  /** Of the algorithm that the client named; undefined where it named none. */
  readonly checksum: NamedChecksum | undefined;
}

export interface BodyClaims {
  readonly Body?: IncomingBody | Uint8Array | undefined;
  readonly ContentMD5?: string | undefined;
  readonly ChecksumAlgorithm?: string | undefined;
}

/** AWS: what one PUT or one part may bring. */
export const MOST_PUT_BYTES = 5 * 1024 ** 3;

/** `preferred`: the algorithm where the request names none. */
export async function storeBody(
  { objects }: Pick<S3Deps, 'objects'>,
  input: BodyClaims,
  preferred?: ChecksumAlgorithm,
): Promise<StoredBody> {
  const body = asIncoming(input.Body);
  if (body.size !== undefined && body.size > MOST_PUT_BYTES) {
    throw entityTooLarge(body.size, MOST_PUT_BYTES);
  }
  const claimed = namedChecksum(input);
  const trailing = trailerAlgorithm(body);
  const asked = algorithmNamed(input.ChecksumAlgorithm);
  if (
    asked !== undefined &&
    claimed === undefined &&
    trailing === undefined &&
    body.size !== undefined
  ) {
    if (body.isOwn !== true) throw missingChecksum();
  }
  const algorithm = claimed?.algorithm ?? trailing ?? asked ?? preferred;
  const wantedMd5 = input.ContentMD5 === undefined ? undefined : readContentMd5(input.ContentMD5);
  let etag = '';
  let checksum: NamedChecksum | undefined;
  const blob = await objects.blobs.write(body.chunks, {
    digests: algorithm === undefined ? ['MD5'] : ['MD5', algorithm],
    accept({ sha256 }, digests) {
      etag = digests.get('MD5')?.toString('hex') ?? '';
      if (algorithm !== undefined) {
        checksum = { algorithm, value: digests.get(algorithm)?.toString('base64') ?? '' };
      }
      if (wantedMd5 !== undefined && wantedMd5 !== etag) throw badDigest('Content-MD5');
      const { statedSha256 } = body;
      if (statedSha256 !== undefined && statedSha256 !== sha256) {
        throw contentHashMismatch(statedSha256, sha256);
      }
      const claim = claimed ?? trailerChecksum(body, trailing);
      if (claim !== undefined && claim.value !== checksum?.value) throw badDigest(claim.algorithm);
    },
  });
  return { blob, etag, checksum };
}

interface ReadBody extends IncomingBody {
  /** Handed over inside the server, by somebody who sends no headers. */
  readonly isOwn?: true;
}

function asIncoming(body: IncomingBody | Uint8Array | undefined): ReadBody {
  if (body !== undefined && !(body instanceof Uint8Array)) return body;
  // A copy: what is stored is used up, and these bytes are somebody's.
  const bytes = new Uint8Array(body ?? []);
  return { size: bytes.byteLength, trailers: new Map(), chunks: once(bytes), isOwn: true };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.byteLength > 0) yield bytes;
}

const PREFIX = 'x-amz-checksum-';

function trailerAlgorithm({ trailerNames = [] }: IncomingBody): ChecksumAlgorithm | undefined {
  const name = trailerNames.find((each) => each.startsWith(PREFIX));
  return name === undefined ? undefined : algorithmNamed(name.slice(PREFIX.length));
}

function trailerChecksum(
  { trailers }: IncomingBody,
  algorithm: ChecksumAlgorithm | undefined,
): NamedChecksum | undefined {
  if (algorithm === undefined) return undefined;
  const value = trailers.get(`${PREFIX}${algorithm.toLowerCase()}`);
  if (value === undefined) {
    throw invalidRequest('The trailer that x-amz-trailer announced is missing.');
  }
  checkForm({ algorithm, value });
  return { algorithm, value };
}

function missingChecksum(): Error {
  return invalidRequest(
    'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer ' +
      'headers were found.',
  );
}
