/**
 * The bytes of a PUT on their way to an upstream: checked against everything that the caller states of
 * them while they pass. The last of them is held back until that is known to be true, so that the
 * upstream never has a whole body that is not what the caller has sent.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { IncomingBody } from '../../core/object-body.ts';
import { startDigest } from '../../objects/checksums.ts';
import { contentHashMismatch } from '../../wire/sigv4-errors.ts';
import { algorithmNamed, badDigest, namedChecksum, readContentMd5 } from './read-checksums.ts';

const PREFIX = 'x-amz-checksum-';

export interface StatesOfBody {
  readonly ContentMD5?: string | undefined;
}

/** The stream fails with the `AwsError` of what is not true. */
export function checkedStream(body: IncomingBody, input: StatesOfBody): Readable {
  return Readable.from(holdingBack(body.chunks, checksOf(body, input)), { objectMode: false });
}

interface Check {
  update(chunk: Uint8Array): void;
  /** Throws for what is not true. */
  finish(): void;
}

function checksOf(body: IncomingBody, input: StatesOfBody): readonly Check[] {
  const checks: Check[] = [];
  const { statedSha256, trailers, trailerNames = [] } = body;
  if (statedSha256 !== undefined) {
    checks.push(hashCheck('sha256', statedSha256, contentHashMismatch));
  }
  if (input.ContentMD5 !== undefined) {
    checks.push(hashCheck('md5', readContentMd5(input.ContentMD5), () => badDigest('Content-MD5')));
  }
  const trailer = trailerNames.find((each) => each.startsWith(PREFIX));
  const claimed = namedChecksum(input);
  const algorithm = claimed?.algorithm ?? algorithmNamed(trailer?.slice(PREFIX.length));
  if (algorithm !== undefined) {
    const running = startDigest(algorithm);
    checks.push({
      update: (chunk) => void running.update(chunk),
      finish() {
        const expected = claimed?.value ?? trailers.get(`${PREFIX}${algorithm.toLowerCase()}`);
        if (running.digest().toString('base64') !== expected) throw badDigest(algorithm);
      },
    });
  }
  return checks;
}

function hashCheck(
  algorithm: 'sha256' | 'md5',
  stated: string,
  refuse: (stated: string, actual: string) => Error,
): Check {
  const running = createHash(algorithm);
  return {
    update: (chunk) => void running.update(chunk),
    finish() {
      const actual = running.digest('hex');
      if (actual !== stated) throw refuse(stated, actual);
    },
  };
}

async function* holdingBack(
  chunks: AsyncIterable<Uint8Array>,
  checks: readonly Check[],
): AsyncGenerator<Uint8Array> {
  let last: Uint8Array | undefined;
  for await (const chunk of chunks) {
    if (last !== undefined) yield last;
    for (const check of checks) check.update(chunk);
    last = chunk;
  }
  for (const check of checks) check.finish();
  if (last !== undefined) yield last;
}
