/**
 * The record of an event as its receivers know it.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
import { bucketArn, type Bucket } from '../../objects/bucket.ts';
import type { ObjectVersion } from '../../objects/object-version.ts';
import { percentEncode } from '../../wire/percent.ts';
import { extendedRequestId, shortRequestId } from '../../wire/s3-request-ids.ts';
import type { EventCause, ObjectEventName } from './object-events.ts';
import { ownerOf } from './owners.ts';

export interface EventOccasion {
  readonly bucket: Bucket;
  readonly name: ObjectEventName;
  readonly version: ObjectVersion;
  readonly cause: EventCause;
  readonly configurationId: string;
  readonly atMs: number;
}

export function eventRecord(occasion: EventOccasion): object {
  const { bucket, name, version, cause, configurationId, atMs } = occasion;
  return {
    // AWS: the newer kinds of events have a newer version.
    eventVersion: /^Object(Created|Removed)/.test(name) ? '2.1' : '2.3',
    eventSource: 'aws:s3',
    awsRegion: bucket.region,
    eventTime: new Date(atMs).toISOString(),
    eventName: name,
    userIdentity: { principalId: principalIdOf(cause) },
    requestParameters: { sourceIPAddress: cause.sourceIp ?? 's3.amazonaws.com' },
    responseElements: {
      'x-amz-request-id': shortRequestId(cause.requestId),
      'x-amz-id-2': extendedRequestId(cause.requestId),
    },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId,
      bucket: {
        name: bucket.name,
        ownerIdentity: { principalId: ownerOf(bucket.account).ID },
        arn: bucketArn(bucket.name),
      },
      object: objectOf(occasion, version),
    },
  };
}

function principalIdOf({ principal }: EventCause): string {
  if (principal.kind === 'service') return principal.service;
  return principal.kind === 'anonymous' ? 'Anonymous' : `AWS:${principal.userId}`;
}

/** AWS: what has been deleted has neither size nor, without a marker, an ETag. */
function objectOf({ bucket, name }: EventOccasion, version: ObjectVersion): object {
  const isDeleted = name.endsWith(':Delete') && !name.startsWith('ObjectTagging');
  return {
    key: version.key.split('/').map(formEncode).join('/'),
    ...(isDeleted || version.isMarker ? {} : { size: version.size }),
    ...(isDeleted ? {} : { eTag: version.isMarker ? EMPTY : version.etag }),
    ...(bucket.versioning === undefined ? {} : { versionId: version.version }),
    sequencer: sequencerOf(version),
  };
}

/** Grows with every change of a key. */
export function sequencerOf({ rank }: ObjectVersion): string {
  return (-rank).toString(16).toUpperCase().padStart(18, '0');
}

/** The MD5 of nothing. */
const EMPTY = 'd41d8cd98f00b204e9800998ecf8427e';

/** AWS: as a form has it, but for the slashes. */
function formEncode(text: string): string {
  return percentEncode(text).replaceAll('%20', '+');
}
