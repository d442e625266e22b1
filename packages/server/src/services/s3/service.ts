/** S3 as Hearth serves it. */
import { serviceOf, type Service } from '../../core/operation.ts';
import type { CorsRule } from '../../objects/bucket.ts';
import { acls } from './acls.ts';
import { bucketConfigurations } from './bucket-configurations.ts';
import { bucketPolicy } from './bucket-policy.ts';
import {
  createBucket,
  deleteBucket,
  getBucketLocation,
  headBucket,
  listBuckets,
} from './buckets.ts';
import { copyObject } from './copy-object.ts';
import { deleteObject, deleteObjects } from './delete-object.ts';
import { getObjectAttributes } from './get-object-attributes.ts';
import { getObject, headObject } from './get-object.ts';
import { lifecycle } from './lifecycle.ts';
import { listObjectVersions } from './list-object-versions.ts';
import { listObjects, listObjectsV2 } from './list-objects.ts';
import { listMultipartUploads, listParts } from './list-uploads.ts';
import {
  abortMultipartUpload,
  completeMultipartUpload,
  createMultipartUpload,
  uploadPart,
  uploadPartCopy,
} from './multipart.ts';
import { notifications } from './notifications.ts';
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from './object-tagging.ts';
import { putObject } from './put-object.ts';
import type { S3Deps } from './s3-deps.ts';
import { unconfigured } from './unconfigured.ts';

export interface S3Service extends Service {
  /** The CORS rules of a bucket, for the gateway. */
  readonly corsOf: (bucket: string) => readonly CorsRule[] | undefined;
}

export function createS3Service(deps: S3Deps): S3Service {
  const service = serviceOf('s3', [
    createBucket(deps),
    headBucket(deps),
    listBuckets(deps),
    deleteBucket(deps),
    getBucketLocation(deps),
    ...bucketConfigurations(deps),
    ...bucketPolicy(deps),
    ...lifecycle(deps),
    ...acls(deps),
    ...notifications(deps),
    ...unconfigured(deps),
    putObject(deps),
    getObject(deps),
    headObject(deps),
    deleteObject(deps),
    deleteObjects(deps),
    copyObject(deps),
    getObjectAttributes(deps),
    getObjectTagging(deps),
    putObjectTagging(deps),
    deleteObjectTagging(deps),
    listObjects(deps),
    listObjectsV2(deps),
    listObjectVersions(deps),
    createMultipartUpload(deps),
    uploadPart(deps),
    uploadPartCopy(deps),
    completeMultipartUpload(deps),
    abortMultipartUpload(deps),
    listParts(deps),
    listMultipartUploads(deps),
  ]);
  return { ...service, corsOf: (bucket) => deps.objects.buckets.find(bucket)?.cors };
}
