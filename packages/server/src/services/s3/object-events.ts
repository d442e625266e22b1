/** The port of events: what a change of an object writes beside it, in the same transaction. */
import type { OperationContext } from '../../core/operation.ts';
import type { Bucket } from '../../objects/bucket.ts';
import type { ObjectVersion } from '../../objects/object-version.ts';
import type { Statement } from '../../store/store.ts';

export type ObjectEventName =
  | 'ObjectCreated:Put'
  | 'ObjectCreated:Post'
  | 'ObjectCreated:Copy'
  | 'ObjectCreated:CompleteMultipartUpload'
  | 'ObjectRemoved:Delete'
  | 'ObjectRemoved:DeleteMarkerCreated'
  | 'ObjectTagging:Put'
  | 'ObjectTagging:Delete'
  | 'LifecycleExpiration:Delete'
  | 'LifecycleExpiration:DeleteMarkerCreated';

/** Who did it, and the trace that it is part of; lifecycle rules have nobody and no trace. */
export type EventCause = Pick<
  OperationContext,
  'principal' | 'requestId' | 'sourceIp' | 'traceHeader'
>;

export interface ObjectEvents {
  /** Empty where the bucket wants none for this. */
  statements(
    bucket: Bucket,
    name: ObjectEventName,
    version: ObjectVersion,
    cause: EventCause,
  ): readonly Statement[];
  /** Something may have been written: look. */
  wake(): void;
}
