/**
 * Which bucket and key an S3 request speaks of: in its path (`/bucket/key`) or, for host names
 * below `s3.localhost` and `localhost`, the bucket in the host and the key in the path. Nothing of
 * a key is normalised: `../`, doubled slashes and dots are part of the name.
 */
import { AwsError } from '../core/aws-error.ts';
import { percentDecode } from './percent.ts';
import type { RawRequestHead } from './raw-message.ts';

export interface S3Address {
  /** Undefined: the request is for the account. */
  readonly bucket: string | undefined;
  readonly key: string | undefined;
}

/** Throws InvalidURI for a path that is not percent-encoded UTF-8. */
export function s3AddressOf({
  path,
  headers,
}: Pick<RawRequestHead, 'path' | 'headers'>): S3Address {
  const hosted = bucketOfHost(headers['host'] ?? '');
  if (hosted !== undefined) return { bucket: hosted, key: keyOf(path.slice(1)) };
  const rest = path.slice(1);
  const slash = rest.indexOf('/');
  const bucket = decode(slash === -1 ? rest : rest.slice(0, slash));
  if (bucket === '' && slash === -1) return { bucket: undefined, key: undefined };
  return { bucket, key: slash === -1 ? undefined : keyOf(rest.slice(slash + 1)) };
}

/** The path, with the bucket in front also where that is in the host. Still percent-encoded. */
export function resourceOf({ path, headers }: Pick<RawRequestHead, 'path' | 'headers'>): string {
  const hosted = bucketOfHost(headers['host'] ?? '');
  return hosted === undefined ? path : `/${hosted}${path}`;
}

/** The bucket of a virtual host; undefined for every host that names none. */
function bucketOfHost(host: string): string | undefined {
  const found = virtualHost.exec(host.toLowerCase());
  return found?.[1];
}

/** Whether the host is S3's own (`s3.localhost`) or a bucket's. */
export function isS3Host(host: string): boolean {
  return s3Host.test(host.toLowerCase());
}

const s3Host = /^(?:.+\.)?s3(?:[.-][a-z0-9-]+)?\.localhost(?::\d*)?$/;
/** Clients that are given `http://localhost:4566` put the bucket before that. */
const virtualHost =
  /^(?!s3(?:[.-][a-z0-9-]+)?\.localhost(?::\d*)?$)(.+?)(?:\.s3(?:[.-][a-z0-9-]+)?)?\.localhost(?::\d*)?$/;

function keyOf(text: string): string | undefined {
  return text === '' ? undefined : decode(text);
}

function decode(text: string): string {
  const decoded = percentDecode(text);
  if (decoded === undefined) {
    throw new AwsError('InvalidURI', 400, "Couldn't parse the specified URI.");
  }
  return decoded;
}
