/** A bucket's notifications: kept only when each destination lets S3 in. */
import type { PutBucketNotificationConfigurationRequest } from '@aws-sdk/client-s3';
import { AwsError } from '../../core/aws-error.ts';
import type { AnyOperation, Operation, OperationContext } from '../../core/operation.ts';
import type { Bucket } from '../../objects/bucket.ts';
import { extendedRequestId, shortRequestId } from '../../wire/s3-request-ids.ts';
import { malformedXml } from '../../wire/xml-reader.ts';
import type { Validated } from '../validated.ts';
import { bucketAccess, bucketOf } from './access.ts';
import { readOperation } from './bucket-configurations.ts';
import { changeBucket } from './change-bucket.ts';
import { checkDestination } from './event-outbox.ts';
import { readNotifications, showNotifications, type Notification } from './notification-rules.ts';
import type { S3Deps } from './s3-deps.ts';
import { notImplemented } from './s3-errors.ts';

export function notifications(deps: S3Deps): readonly AnyOperation[] {
  return [
    readOperation(
      deps,
      'GetBucketNotificationConfiguration',
      'GetBucketNotification',
      ({ notifications: found }) =>
        showNotifications((found as readonly Notification[] | undefined) ?? []),
    ),
    putNotifications(deps),
  ];
}

function putNotifications(
  deps: S3Deps,
): Operation<Validated<PutBucketNotificationConfigurationRequest>> {
  return {
    name: 'PutBucketNotificationConfiguration',
    permissions: (input, context) => [bucketAccess(deps, 'PutBucketNotification', input, context)],
    handle: async (input, context) => {
      if (input.NotificationConfiguration === undefined) throw malformedXml();
      const wanted = readNotifications(input.NotificationConfiguration);
      if (!deps.hasEventBuses && wanted.some(({ kind }) => kind === 'events')) {
        throw notImplemented('notifications to EventBridge beside HEARTH_UPSTREAM_EVENTS');
      }
      const bucket = bucketOf(deps, input);
      if (input.SkipDestinationValidation !== true) {
        for (const each of wanted.filter(({ kind }) => kind !== 'events')) {
          await validate(deps, bucket, each, context);
        }
      }
      await changeBucket(deps, input, (current) => ({ ...current, notifications: wanted }));
      return {};
    },
  };
}

async function validate(
  deps: S3Deps,
  bucket: Bucket,
  notification: Notification,
  { requestId }: OperationContext,
): Promise<void> {
  const testEvent = {
    Service: 'Amazon S3',
    Event: 's3:TestEvent',
    Time: new Date(deps.clock.nowMs()).toISOString(),
    Bucket: bucket.name,
    RequestId: shortRequestId(requestId),
    HostId: extendedRequestId(requestId),
  };
  try {
    await checkDestination(deps.callAs, bucket, notification, testEvent);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw new AwsError(
      'InvalidArgument',
      400,
      'Unable to validate the following destination configurations',
      {
        members: {
          ArgumentName: notification.target,
          ArgumentValue:
            error.code === 'ResourceNotFoundException'
              ? 'The destination does not exist'
              : 'Not authorized to invoke function or send messages: the policy of the destination does not allow it',
        },
        cause: error,
      },
    );
  }
}
