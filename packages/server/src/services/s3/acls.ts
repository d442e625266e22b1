/**
 * ACLs of buckets whose owner owns everything in them, which is what all are here: there is one
 * grant, it can be read, and no other can be made.
 */
import type { AnyOperation, Operation } from '../../core/operation.ts';
import {
  bucketAccess,
  bucketOf,
  versionAccess,
  type NamesBucket,
  type NamesVersion,
} from './access.ts';
import { findObject } from './find-object.ts';
import { aclNotSupported, refuseUnsupported } from './object-details.ts';
import { ownerOf } from './owners.ts';
import type { S3Deps } from './s3-deps.ts';

export function acls(deps: S3Deps): readonly AnyOperation[] {
  return [getBucketAcl(deps), putBucketAcl(deps), getObjectAcl(deps), putObjectAcl(deps)];
}

function onlyGrant(account: string): object {
  const owner = ownerOf(account);
  const grant = { Grantee: { Type: 'CanonicalUser', ...owner }, Permission: 'FULL_CONTROL' };
  return { Owner: owner, Grants: [grant] };
}

function getBucketAcl(deps: S3Deps): Operation<NamesBucket> {
  return {
    name: 'GetBucketAcl',
    permissions: (input, context) => [bucketAccess(deps, 'GetBucketAcl', input, context)],
    handle: async (input) => onlyGrant(bucketOf(deps, input).account),
  };
}

interface PutsAcl {
  readonly ACL?: string | undefined;
  readonly AccessControlPolicy?: object | undefined;
}

function putBucketAcl(deps: S3Deps): Operation<NamesBucket & PutsAcl> {
  return {
    name: 'PutBucketAcl',
    permissions: (input, context) => [bucketAccess(deps, 'PutBucketAcl', input, context)],
    handle: async (input) => refuseOthers(input),
  };
}

function getObjectAcl(deps: S3Deps): Operation<NamesVersion> {
  return {
    name: 'GetObjectAcl',
    permissions: (input, context) => [versionAccess(deps, ['GetObject', 'Acl'], input, context)],
    handle: async (input, context) => {
      const bucket = bucketOf(deps, input);
      await findObject(deps, bucket, input, context);
      return onlyGrant(bucket.account);
    },
  };
}

function putObjectAcl(deps: S3Deps): Operation<NamesVersion & PutsAcl> {
  return {
    name: 'PutObjectAcl',
    permissions: (input, context) => [versionAccess(deps, ['PutObject', 'Acl'], input, context)],
    handle: async (input, context) => {
      await findObject(deps, bucketOf(deps, input), input, context);
      return refuseOthers(input);
    },
  };
}

function refuseOthers(input: PutsAcl): object {
  if (input.AccessControlPolicy !== undefined || input.ACL === undefined) throw aclNotSupported();
  refuseUnsupported(input);
  return {};
}
