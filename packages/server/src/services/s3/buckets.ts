/** The buckets themselves: create, find, list, delete. */
import type {
  CreateBucketRequest,
  DeleteBucketRequest,
  GetBucketLocationRequest,
  HeadBucketRequest,
  ListBucketsRequest,
} from '@aws-sdk/client-s3';
import { AwsError } from '../../core/aws-error.ts';
import type { Operation } from '../../core/operation.ts';
import { bucketArn } from '../../objects/bucket.ts';
import type { Validated } from '../validated.ts';
import { bucketAccess, bucketOf } from './access.ts';
import { checkBucketName } from './bucket-name.ts';
import { refuseUnsupported, wholeSeconds } from './object-details.ts';
import { ownerOf } from './owners.ts';
import { checkOwnership } from './ownership.ts';
import type { S3Deps } from './s3-deps.ts';
import { conflicting, invalidArgument, notImplemented } from './s3-errors.ts';

const HOME = 'us-east-1';

export function createBucket(deps: S3Deps): Operation<Validated<CreateBucketRequest>> {
  return {
    name: 'CreateBucket',
    permissions: (input) => {
      checkBucketName(input.Bucket);
      const { LocationConstraint } = input.CreateBucketConfiguration ?? {};
      const conditions =
        LocationConstraint === undefined ? {} : { 's3:locationconstraint': LocationConstraint };
      return [{ action: 's3:CreateBucket', resources: [bucketArn(input.Bucket)], conditions }];
    },
    handle: async (input, { account, region }) => {
      refuseUnsupported(input);
      if (input.ObjectLockEnabledForBucket === true) throw notImplemented('object lock');
      if (input.CreateBucketConfiguration?.Bucket !== undefined) {
        throw notImplemented('directory buckets');
      }
      const ownership = input.ObjectOwnership ?? 'BucketOwnerEnforced';
      checkOwnership(ownership);
      const place = regionOf(input.CreateBucketConfiguration?.LocationConstraint, region);
      const tags = input.CreateBucketConfiguration?.Tags?.map(({ Key = '', Value = '' }) => ({
        Key,
        Value,
      }));
      const isMade = await deps.objects.buckets.insert({
        name: input.Bucket,
        account,
        region: place,
        createdMs: deps.clock.nowMs(),
        ownership,
        // AWS: both are what a new bucket has since April 2023.
        publicAccess: {
          BlockPublicAcls: true,
          IgnorePublicAcls: true,
          BlockPublicPolicy: true,
          RestrictPublicBuckets: true,
        },
        ...(tags === undefined ? {} : { tags }),
      });
      if (!isMade) refuseDuplicate(deps, input.Bucket, account, region);
      return { Location: `/${input.Bucket}`, BucketArn: bucketArn(input.Bucket) };
    },
  };
}

/** AWS: in its home region an owner may create a bucket again. */
function refuseDuplicate(deps: S3Deps, name: string, account: string, region: string): void {
  const bucket = deps.objects.buckets.find(name);
  const members = { BucketName: name };
  if (bucket?.account !== account) {
    throw new AwsError(
      'BucketAlreadyExists',
      409,
      'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.',
      { members },
    );
  }
  if (region === HOME && bucket.region === HOME) return;
  throw new AwsError(
    'BucketAlreadyOwnedByYou',
    409,
    'Your previous request to create the named bucket succeeded and you already own it.',
    { members },
  );
}

function regionOf(constraint: string | undefined, region: string): string {
  if (region === HOME) {
    if (constraint === undefined) return HOME;
    if (constraint === HOME) {
      throw new AwsError(
        'InvalidLocationConstraint',
        400,
        'The specified location-constraint is not valid',
        { members: { LocationConstraint: constraint } },
      );
    }
    return constraint === 'EU' ? 'eu-west-1' : constraint;
  }
  if (constraint === region || (constraint === 'EU' && region === 'eu-west-1')) return region;
  throw new AwsError(
    'IllegalLocationConstraintException',
    400,
    `The ${constraint ?? 'unspecified'} location constraint is incompatible for the region specific endpoint this request was sent to.`,
  );
}

export function headBucket(deps: S3Deps): Operation<Validated<HeadBucketRequest>> {
  return {
    name: 'HeadBucket',
    permissions: (input, context) => [bucketAccess(deps, 'ListBucket', input, context)],
    handle: async (input) => {
      const { region, name } = bucketOf(deps, input);
      return { BucketRegion: region, BucketArn: bucketArn(name), AccessPointAlias: false };
    },
  };
}

export function getBucketLocation(deps: S3Deps): Operation<Validated<GetBucketLocationRequest>> {
  return {
    name: 'GetBucketLocation',
    permissions: (input, context) => [bucketAccess(deps, 'GetBucketLocation', input, context)],
    handle: async (input) => {
      const { region } = bucketOf(deps, input);
      // AWS: the home region has no name here.
      return region === HOME ? {} : { LocationConstraint: region };
    },
  };
}

export function deleteBucket(deps: S3Deps): Operation<Validated<DeleteBucketRequest>> {
  return {
    name: 'DeleteBucket',
    permissions: (input, context) => [bucketAccess(deps, 'DeleteBucket', input, context)],
    handle: async (input) => {
      const bucket = bucketOf(deps, input);
      // AWS: unfinished uploads do not keep a bucket.
      const uploads = await deps.objects.uploads.list(bucket);
      const outcome = await deps.objects.buckets.remove(bucket);
      if (outcome === 'removed') return {};
      if (outcome === 'stale') throw conflicting();
      if (uploads.length > 0 && (await isEmpty(deps, bucket.id))) {
        for (const upload of uploads) deps.objects.drop(await deps.objects.uploads.abort(upload));
        if ((await deps.objects.buckets.remove(bucket)) === 'removed') return {};
      }
      throw new AwsError('BucketNotEmpty', 409, 'The bucket you tried to delete is not empty', {
        members: { BucketName: bucket.name },
      });
    },
  };
}

async function isEmpty({ objects }: S3Deps, bucket: number): Promise<boolean> {
  const rows = await objects.store.read('SELECT 1 FROM s3_versions WHERE bucket = ? LIMIT 1', [
    bucket,
  ]);
  return rows.length === 0;
}

/** AWS: a page of buckets, and all of them where none is asked for. */
const MOST_BUCKETS = 10_000;

export function listBuckets(deps: S3Deps): Operation<Validated<ListBucketsRequest>> {
  return {
    name: 'ListBuckets',
    permissions: () => [{ action: 's3:ListAllMyBuckets', resources: ['*'] }],
    handle: async (input, { account }) => {
      const most = input.MaxBuckets ?? MOST_BUCKETS;
      if (!Number.isInteger(most) || most < 1 || most > MOST_BUCKETS) {
        throw invalidArgument(
          `Argument max-buckets must be an integer between 1 and ${MOST_BUCKETS}`,
          'max-buckets',
          String(most),
        );
      }
      const after =
        input.ContinuationToken === undefined
          ? ''
          : Buffer.from(input.ContinuationToken, 'base64url').toString('utf8');
      const left = deps.objects.buckets
        .list(account)
        .filter((each) => each.name > after && each.name.startsWith(input.Prefix ?? ''))
        .filter((each) => input.BucketRegion === undefined || each.region === input.BucketRegion);
      const page = left.slice(0, most);
      const last = page.at(-1)?.name;
      return {
        Owner: ownerOf(account),
        Buckets: page.map((each) => ({
          Name: each.name,
          CreationDate: wholeSeconds(each.createdMs),
          BucketRegion: each.region,
          BucketArn: bucketArn(each.name),
        })),
        ...(left.length > page.length && last !== undefined
          ? { ContinuationToken: Buffer.from(last).toString('base64url') }
          : {}),
        ...(input.Prefix === undefined ? {} : { Prefix: input.Prefix }),
      };
    },
  };
}
