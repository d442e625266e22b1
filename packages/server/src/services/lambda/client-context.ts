/** X-Amz-Client-Context: base64 of a JSON object, at most 3,583 bytes. */
import { CLIENT_CONTEXT_BYTES } from '../../core/limits.ts';
import { findJsonError } from './json-error.ts';
import { AwsError } from '../../core/aws-error.ts';

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** The JSON text. */
export function readClientContext(header: string): string {
  if (Buffer.byteLength(header) > CLIENT_CONTEXT_BYTES) {
    throw refused(`Client context must be no more than ${CLIENT_CONTEXT_BYTES} bytes.`);
  }
  const bytes = Buffer.from(header, 'base64');
  const text = bytes.toString('utf8');
  const isObject = text.trimStart().startsWith('{') && findJsonError(bytes) === undefined;
  if (!BASE64.test(header) || !isObject) {
    throw refused('Client context must be a valid Base64-encoded JSON object.');
  }
  return text;
}

/** AWS: without a Type, unlike a refused payload. */
function refused(message: string): AwsError {
  return new AwsError('InvalidRequestContentException', 400, message);
}
