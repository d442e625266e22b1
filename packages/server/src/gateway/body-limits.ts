/** How much body each operation may bring, and AWS's answer to more. */
import { awsLimits, type Limits } from '../core/adjustable-limits.ts';
import { AwsError } from '../core/aws-error.ts';
import {
  LOG_REQUEST_BYTES,
  MESSAGE_REQUEST_BYTES,
  REQUEST_BYTES,
  SEGMENT_REQUEST_BYTES,
} from '../core/limits.ts';
import type { ServiceName } from '../core/operation.ts';
import { payloadTooLarge } from '../services/lambda/lambda-errors.ts';

const codeUploads: ReadonlySet<string> = new Set([
  'CreateFunction',
  'UpdateFunctionCode',
  'PublishLayerVersion',
]);
const invocations: ReadonlySet<string> = new Set(['Invoke', 'InvokeWithResponseStream']);

const messageSends: ReadonlySet<string> = new Set(['SendMessage', 'SendMessageBatch', 'PutEvents']);

/** Beside the zip, which base64 makes a third larger: with AWS's 50 MB, AWS's 70,167,211. */
const BESIDE_CODE_BYTES = 262_144;

export function bodyLimitOf(operation: string, limits: Limits = awsLimits): number {
  if (codeUploads.has(operation)) {
    return Math.ceil((limits.zippedCodeBytes * 4) / 3 + BESIDE_CODE_BYTES);
  }
  if (operation === 'InvokeAsync') return limits.eventBytes;
  if (operation === 'PutLogEvents') return LOG_REQUEST_BYTES;
  if (operation === 'PutTraceSegments') return SEGMENT_REQUEST_BYTES;
  if (messageSends.has(operation)) return MESSAGE_REQUEST_BYTES;
  return invocations.has(operation) ? limits.payloadBytes : REQUEST_BYTES;
}

/** Of a form, which names its operation inside. */
export function formLimitOf(service: ServiceName): number {
  return service === 'sqs' ? MESSAGE_REQUEST_BYTES : REQUEST_BYTES;
}

export function bodyTooLarge(operation: string, limits: Limits = awsLimits): AwsError {
  if (invocations.has(operation)) return payloadTooLarge(limits);
  return new AwsError(
    'RequestEntityTooLargeException',
    413,
    `Request must be smaller than ${bodyLimitOf(operation, limits)} bytes for the ${operation} operation`,
  );
}

/** The bodies that are being read fill the memory that there is for them; clients try again. */
export function tooManyBodies(service: ServiceName): AwsError {
  return service === 'lambda'
    ? new AwsError('TooManyRequestsException', 429, 'Rate Exceeded.')
    : new AwsError('ThrottlingException', 400, 'Rate exceeded');
}
