/** ListObjects and ListObjectsV2: the same walk, told in two ways. */
import type { ListObjectsRequest, ListObjectsV2Request } from '@aws-sdk/client-s3';
import type { Operation } from '../../core/operation.ts';
import { listObjects as walk, type Listing } from '../../objects/list-objects.ts';
import { percentEncode } from '../../wire/percent.ts';
import type { Validated } from '../validated.ts';
import { bucketAccess, bucketOf } from './access.ts';
import { quoted, wholeSeconds } from './object-details.ts';
import { ownerOf } from './owners.ts';
import type { S3Deps } from './s3-deps.ts';
import { invalidArgument } from './s3-errors.ts';

interface ListInput {
  readonly Bucket: string;
  readonly Prefix?: string | undefined;
  readonly Delimiter?: string | undefined;
  readonly MaxKeys?: number | undefined;
  readonly EncodingType?: string | undefined;
}

export function listObjects(deps: S3Deps): Operation<Validated<ListObjectsRequest>> {
  return {
    name: 'ListObjects',
    permissions: (input, context) => [
      bucketAccess(deps, 'ListBucket', input, context, listConditions(input)),
    ],
    handle: async (input) => {
      const { entries, isTruncated } = await list(deps, input, input.Marker ?? '');
      const encode = encoderOf(input.EncodingType);
      const last = entries.at(-1)?.key;
      // AWS: without a delimiter the last key is the marker, and it is not told again.
      const hasNext = isTruncated && (input.Delimiter ?? '') !== '' && last !== undefined;
      return {
        ...common(input),
        Marker: encode(input.Marker ?? ''),
        ...(hasNext ? { NextMarker: encode(last) } : {}),
        ...contents(entries, encode, ownerOf(bucketOf(deps, input).account)),
        IsTruncated: isTruncated,
      };
    },
  };
}

export function listObjectsV2(deps: S3Deps): Operation<Validated<ListObjectsV2Request>> {
  return {
    name: 'ListObjectsV2',
    permissions: (input, context) => [
      bucketAccess(deps, 'ListBucket', input, context, listConditions(input)),
    ],
    handle: async (input) => {
      const { ContinuationToken, StartAfter } = input;
      const after =
        ContinuationToken === undefined ? (StartAfter ?? '') : readToken(ContinuationToken);
      const { entries, isTruncated } = await list(deps, input, after);
      const encode = encoderOf(input.EncodingType);
      const last = entries.at(-1)?.key;
      return {
        ...common(input),
        ...(StartAfter === undefined ? {} : { StartAfter: encode(StartAfter) }),
        ...(ContinuationToken === undefined ? {} : { ContinuationToken }),
        ...(isTruncated && last !== undefined ? { NextContinuationToken: makeToken(last) } : {}),
        ...contents(
          entries,
          encode,
          input.FetchOwner === true ? ownerOf(bucketOf(deps, input).account) : undefined,
        ),
        KeyCount: entries.length,
        IsTruncated: isTruncated,
      };
    },
  };
}

export function listConditions(input: ListInput): Record<string, string> {
  const conditions: Record<string, string> = {};
  if (input.Prefix !== undefined) conditions['s3:prefix'] = input.Prefix;
  if (input.Delimiter !== undefined) conditions['s3:delimiter'] = input.Delimiter;
  if (input.MaxKeys !== undefined) conditions['s3:max-keys'] = String(input.MaxKeys);
  return conditions;
}

/** AWS: a page has a thousand entries at most, whatever is asked for. */
const PAGE = 1_000;

export function pageSize(asked: number | undefined, name: string): number {
  if (asked === undefined) return PAGE;
  if (!Number.isInteger(asked) || asked < 0 || asked > 2_147_483_647) {
    throw invalidArgument(
      `Argument ${name} must be an integer between 0 and 2147483647`,
      name,
      String(asked),
    );
  }
  return Math.min(asked, PAGE);
}

async function list(deps: S3Deps, input: ListInput, after: string): Promise<Listing> {
  return await walk(deps.objects.store, bucketOf(deps, input), {
    prefix: input.Prefix ?? '',
    delimiter: input.Delimiter ?? '',
    after,
    most: pageSize(input.MaxKeys, 'max-keys'),
  });
}

/** The parts of a request that a listing repeats. */
export function common(input: ListInput): Record<string, unknown> {
  const encode = encoderOf(input.EncodingType);
  return {
    Name: input.Bucket,
    Prefix: encode(input.Prefix ?? ''),
    ...((input.Delimiter ?? '') === '' ? {} : { Delimiter: encode(input.Delimiter ?? '') }),
    MaxKeys: pageSize(input.MaxKeys, 'max-keys'),
    ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
  };
}

/** Keys may hold what XML cannot. */
export function encoderOf(type: string | undefined): (text: string) => string {
  if (type === undefined || type === '') return (text) => text;
  if (type === 'url') return (text) => text.split('/').map(percentEncode).join('/');
  throw invalidArgument('Invalid Encoding Method specified in Request', 'encoding-type', type);
}

function contents(
  entries: Listing['entries'],
  encode: (text: string) => string,
  owner: object | undefined,
): Record<string, unknown> {
  const Contents: object[] = [];
  const CommonPrefixes: object[] = [];
  for (const entry of entries) {
    if (entry.kind === 'prefix') {
      CommonPrefixes.push({ Prefix: encode(entry.key) });
      continue;
    }
    const { storageClass, algorithm, type } = entry.summary;
    Contents.push({
      Key: encode(entry.key),
      LastModified: wholeSeconds(entry.modifiedMs),
      ETag: quoted(entry.etag),
      ...(algorithm === undefined ? {} : { ChecksumAlgorithm: [algorithm], ChecksumType: type }),
      Size: entry.size,
      StorageClass: storageClass,
      ...(owner === undefined ? {} : { Owner: owner }),
    });
  }
  return { Contents, CommonPrefixes };
}

/** Says nothing to whoever has it; only its beginning tells a token from nonsense. */
function makeToken(key: string): string {
  return Buffer.from(`1${key}`).toString('base64url');
}

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString('utf8');
  if (text.startsWith('1') && makeToken(text.slice(1)) === token) return text.slice(1);
  throw invalidArgument(
    'The continuation token provided is incorrect',
    'continuation-token',
    token,
  );
}
