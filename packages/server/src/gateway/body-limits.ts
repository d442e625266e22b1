/** How much body each operation may bring, and AWS's answer to more. */
import { AwsError } from '../core/aws-error.ts';
import {
  CODE_REQUEST_BYTES,
  LOG_REQUEST_BYTES,
  MESSAGE_REQUEST_BYTES,
  REQUEST_BYTES,
  SYNC_PAYLOAD_BYTES,
} from '../core/limits.ts';
import type { ServiceName } from '../core/operation.ts';

const codeUploads: ReadonlySet<string> = new Set([
  'CreateFunction',
  'UpdateFunctionCode',
  'PublishLayerVersion',
]);
const invocations: ReadonlySet<string> = new Set(['Invoke', 'InvokeWithResponseStream']);

const messageSends: ReadonlySet<string> = new Set(['SendMessage', 'SendMessageBatch']);

export function bodyLimitOf(operation: string): number {
  if (codeUploads.has(operation)) return CODE_REQUEST_BYTES;
  if (operation === 'PutLogEvents') return LOG_REQUEST_BYTES;
  if (messageSends.has(operation)) return MESSAGE_REQUEST_BYTES;
  return invocations.has(operation) ? SYNC_PAYLOAD_BYTES : REQUEST_BYTES;
}

/** Of a form, which names its operation inside. */
export function formLimitOf(service: ServiceName): number {
  return service === 'sqs' ? MESSAGE_REQUEST_BYTES : REQUEST_BYTES;
}

export function bodyTooLarge(operation: string): AwsError {
  if (invocations.has(operation)) {
    // AWS prints the documented 6 MB here, although it accepts its 100-byte allowance on top.
    return new AwsError(
      'RequestTooLargeException',
      413,
      'Request must be smaller than 6291456 bytes for the InvokeFunction operation',
      { members: { Type: 'User' } },
    );
  }
  return new AwsError(
    'RequestEntityTooLargeException',
    413,
    `Request must be smaller than ${bodyLimitOf(operation)} bytes for the ${operation} operation`,
  );
}

/** The bodies that are being read fill the memory that there is for them; clients try again. */
export function tooManyBodies(service: ServiceName): AwsError {
  return service === 'lambda'
    ? new AwsError('TooManyRequestsException', 429, 'Rate Exceeded.')
    : new AwsError('ThrottlingException', 400, 'Rate exceeded');
}
