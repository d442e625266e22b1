/** CloudWatch Logs' errors, and what each word of the log store is called there. */
import { AwsError } from '../../core/aws-error.ts';

export function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterException', 400, message);
}

export function groupNotFound(): AwsError {
  return notFound('The specified log group does not exist.');
}

/** A member that AWS has and that would have no effect here is refused, not ignored. */
export function unsupported(member: string): AwsError {
  return invalidParameter(`Hearth does not support ${member} of log groups yet.`);
}

/** Awaits what the log store does and says in AWS's words why it did not. */
export async function inAwsWords<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    const translate = words[name];
    if (translate === undefined) throw error;
    throw translate(error instanceof Error ? error.message : '');
  }
}

const words: Readonly<Record<string, ((message: string) => AwsError) | undefined>> = {
  LogGroupMissing: groupNotFound,
  LogStreamMissing: () => notFound('The specified log stream does not exist.'),
  LogGroupExists: () => alreadyExists('The specified log group already exists'),
  LogStreamExists: () => alreadyExists('The specified log stream already exists'),
  InvalidFilterPattern: invalidParameter,
  LogSearchTooLong: () =>
    new AwsError('ServiceUnavailableException', 500, 'The search took too long to complete.'),
};

function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', 400, message);
}

function alreadyExists(message: string): AwsError {
  return new AwsError('ResourceAlreadyExistsException', 400, message);
}
