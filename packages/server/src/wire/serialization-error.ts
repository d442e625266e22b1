import { AwsError } from '../core/aws-error.ts';

/** What AWS answers when a request cannot be read as its operation's input. */
export function serializationError(message: string, cause?: unknown): AwsError {
  return new AwsError('SerializationException', 400, message, cause === undefined ? {} : { cause });
}
