/**
 * The event of a bucket as EventBridge's rules see it.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
 */
import { bucketArn } from '../../objects/bucket.ts';
import { shortRequestId } from '../../wire/s3-request-ids.ts';
import type { BusEntry } from '../hand-over.ts';
import { sequencerOf, type EventOccasion } from './event-record.ts';
import type { EventCause, ObjectEventName } from './object-events.ts';

interface Kind {
  readonly detailType: string;
  readonly reason?: string;
  readonly deletionType?: string;
}

const created = (reason: string): Kind => ({ detailType: 'Object Created', reason });
const deleted = (reason: string, deletionType: string): Kind => ({
  detailType: 'Object Deleted',
  reason,
  deletionType,
});

const kinds: Readonly<Record<ObjectEventName, Kind>> = {
  'ObjectCreated:Put': created('PutObject'),
  'ObjectCreated:Post': created('POST Object'),
  'ObjectCreated:Copy': created('CopyObject'),
  'ObjectCreated:CompleteMultipartUpload': created('CompleteMultipartUpload'),
  'ObjectRemoved:Delete': deleted('DeleteObject', 'Permanently Deleted'),
  'ObjectRemoved:DeleteMarkerCreated': deleted('DeleteObject', 'Delete Marker Created'),
  'LifecycleExpiration:Delete': deleted('Lifecycle Expiration', 'Permanently Deleted'),
  'LifecycleExpiration:DeleteMarkerCreated': deleted(
    'Lifecycle Expiration',
    'Delete Marker Created',
  ),
  'ObjectTagging:Put': { detailType: 'Object Tags Added' },
  'ObjectTagging:Delete': { detailType: 'Object Tags Deleted' },
};

export function busEntry({ bucket, name, version, cause, atMs }: EventOccasion): BusEntry {
  const { detailType, reason, deletionType } = kinds[name];
  const hasBytes = detailType === 'Object Created';
  const detail = {
    version: '0',
    bucket: { name: bucket.name },
    object: {
      key: version.key,
      ...(hasBytes ? { size: version.size } : {}),
      ...(version.isMarker ? {} : { etag: version.etag }),
      ...(bucket.versioning === undefined ? {} : { 'version-id': version.version }),
      ...(reason === undefined ? {} : { sequencer: sequencerOf(version) }),
    },
    'request-id': shortRequestId(cause.requestId),
    requester: requesterOf(cause),
    ...(cause.sourceIp === undefined ? {} : { 'source-ip-address': cause.sourceIp }),
    ...(reason === undefined ? {} : { reason }),
    ...(deletionType === undefined ? {} : { 'deletion-type': deletionType }),
  };
  return {
    Source: 'aws.s3',
    DetailType: detailType,
    Resources: [bucketArn(bucket.name)],
    Detail: JSON.stringify(detail),
    Time: new Date(atMs).toISOString(),
  };
}

/** AWS: the account, or the service that did it. */
function requesterOf({ principal }: EventCause): string {
  if (principal.kind === 'service') return principal.service;
  return principal.kind === 'anonymous' ? 'anonymous' : principal.account;
}
