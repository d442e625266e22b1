/**
 * Configurations that cannot be made here: what AWS answers where there is none. Tools that manage
 * buckets read all of them.
 */
import type { AnyOperation } from '../../core/operation.ts';
import { readOperation } from './bucket-configurations.ts';
import type { S3Deps } from './s3-deps.ts';

export function unconfigured(deps: S3Deps): readonly AnyOperation[] {
  const nothing = (): object => ({});
  const absent = (): undefined => undefined;
  return [
    readOperation(deps, 'GetBucketLogging', 'GetBucketLogging', nothing),
    readOperation(deps, 'GetBucketAccelerateConfiguration', 'GetAccelerateConfiguration', nothing),
    readOperation(deps, 'GetBucketRequestPayment', 'GetBucketRequestPayment', () => ({
      Payer: 'BucketOwner',
    })),
    readOperation(deps, 'GetBucketWebsite', 'GetBucketWebsite', absent, [
      'NoSuchWebsiteConfiguration',
      'The specified bucket does not have a website configuration',
    ]),
    readOperation(deps, 'GetBucketReplication', 'GetReplicationConfiguration', absent, [
      'ReplicationConfigurationNotFoundError',
      'The replication configuration was not found',
    ]),
    readOperation(deps, 'GetObjectLockConfiguration', 'GetBucketObjectLockConfiguration', absent, [
      'ObjectLockConfigurationNotFoundError',
      'Object Lock configuration does not exist for this bucket',
    ]),
  ];
}
