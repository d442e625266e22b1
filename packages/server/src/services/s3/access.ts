/**
 * What S3's operations ask for: the bucket or the object, with the bucket's policy beside the
 * caller's own. S3's ARNs name no account, so the bucket says whose it is.
 */
import type { OperationContext, Permission, ResourcePolicy } from '../../core/operation.ts';
import type { Principal } from '../../core/principal.ts';
import { bucketArn, type Bucket } from '../../objects/bucket.ts';
import { isPublicPolicy } from './public-policy.ts';
import type { S3Deps } from './s3-deps.ts';
import { accessDenied, invalidArgument, noSuchBucket } from './s3-errors.ts';

export interface NamesBucket {
  readonly Bucket: string;
  readonly ExpectedBucketOwner?: string | undefined;
}

export interface NamesObject extends NamesBucket {
  readonly Key: string;
}

export type Conditions = NonNullable<Permission['conditions']>;

/** AWS: a bucket that does not exist is told to everybody. */
export function bucketOf({ objects }: S3Deps, input: NamesBucket): Bucket {
  const bucket = objects.buckets.find(input.Bucket);
  if (bucket === undefined) throw noSuchBucket(input.Bucket);
  if (input.ExpectedBucketOwner !== undefined && input.ExpectedBucketOwner !== bucket.account) {
    throw accessDenied();
  }
  return bucket;
}

export function bucketAccess(
  deps: S3Deps,
  action: string,
  input: NamesBucket,
  context: OperationContext,
  conditions: Conditions = {},
): Permission {
  const bucket = bucketOf(deps, input);
  return permissionOn(bucket, bucketArn(bucket.name), action, context, conditions);
}

export function objectAccess(
  deps: S3Deps,
  action: string,
  input: NamesObject,
  context: OperationContext,
  conditions: Conditions = {},
): Permission {
  const bucket = bucketOf(deps, input);
  checkKey(input.Key);
  const arn = `${bucketArn(bucket.name)}/${input.Key}`;
  return permissionOn(bucket, arn, action, context, conditions);
}

export interface NamesVersion extends NamesObject {
  readonly VersionId?: string | undefined;
}

/**
 * AWS: what is done to a version that the request names is an action of its own, with the version
 * as a condition key: `GetObject` and `GetObjectVersion`, `GetObjectTagging` and
 * `GetObjectVersionTagging`. `[verb, what]` is `['GetObject', 'Tagging']` in the latter.
 */
export function versionAccess(
  deps: S3Deps,
  [verb, what]: readonly [verb: string, what: string],
  input: NamesVersion,
  context: OperationContext,
  conditions: Conditions = {},
): Permission {
  const { VersionId } = input;
  return VersionId === undefined
    ? objectAccess(deps, `${verb}${what}`, input, context, conditions)
    : objectAccess(deps, `${verb}Version${what}`, input, context, {
        's3:VersionId': VersionId,
        ...conditions,
      });
}

/** Of S3's limits on a key: 1,024 bytes. */
function checkKey(key: string): void {
  if (Buffer.byteLength(key) <= 1_024) return;
  throw Object.assign(invalidArgument('Your key is too long'), { code: 'KeyTooLongError' });
}

function permissionOn(
  bucket: Bucket,
  arn: string,
  action: string,
  { principal }: OperationContext,
  conditions: Conditions,
): Permission {
  const policy = policyFor(bucket, principal, action);
  return {
    action: `s3:${action}`,
    resources: [arn],
    resourceAccount: bucket.account,
    conditions: { 's3:ResourceAccount': bucket.account, ...conditions },
    ...(policy === undefined ? {} : { resourcePolicy: policy }),
  };
}

/** AWS: the account's root can always mend a policy that locks everybody out. */
const mending: ReadonlySet<string> = new Set([
  'GetBucketPolicy',
  'PutBucketPolicy',
  'DeleteBucketPolicy',
]);

function policyFor(
  bucket: Bucket,
  principal: Principal,
  action: string,
): ResourcePolicy | undefined {
  const document = bucket.policy?.document;
  if (document === undefined) return undefined;
  const isOwn = principal.kind !== 'service' && principal.account === bucket.account;
  if (principal.kind === 'root' && isOwn && mending.has(action)) return undefined;
  // AWS: where public access is restricted, a public policy serves its own account and services.
  const isRestricted = bucket.publicAccess?.RestrictPublicBuckets === true;
  const isOutsider = !isOwn && principal.kind !== 'service';
  return isRestricted && isOutsider && isPublicPolicy(document) ? undefined : document;
}
