/** Lambda's own errors, each with the wording that AWS was seen to answer. */
import type { Limits } from '../../core/adjustable-limits.ts';
import { AwsError } from '../../core/aws-error.ts';
import { functionArn } from '../../core/function-version.ts';

const user = { members: { Type: 'User' } };

export function invalidParameter(message: string, cause?: unknown): AwsError {
  return new AwsError('InvalidParameterValueException', 400, message, { ...user, cause });
}

const untyped = { members: { Type: '' } };

/** AWS: where concurrency limits are the reason, it names no type. */
export function limitRefusal(message: string): AwsError {
  return untypedRefusal(message);
}

export function untypedRefusal(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', 400, message, untyped);
}

export function resourceConflict(message: string): AwsError {
  return new AwsError('ResourceConflictException', 409, message, user);
}

/** For a mapping whose last batches are still under way. */
export function mappingInUse(verb: 'update' | 'delete'): AwsError {
  return new AwsError(
    'ResourceInUseException',
    400,
    `Cannot ${verb} the event source mapping because it is in use.`,
    user,
  );
}

export function functionNotFound(
  owner: { readonly account: string; readonly region: string; readonly name: string },
  qualifier?: string,
): AwsError {
  return notFound(`Function not found: ${functionArn(owner, qualifier)}`);
}

export function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', 404, message, user);
}

export function staleRevision(): AwsError {
  return new AwsError(
    'PreconditionFailedException',
    412,
    'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id',
    user,
  );
}

/** An event that is too large for the synchronous invocations. */
export function payloadTooLarge({ payloadBytes }: Pick<Limits, 'payloadBytes'>): AwsError {
  return new AwsError(
    'RequestTooLargeException',
    413,
    `Request must be smaller than ${payloadBytes - UNTOLD_BYTES} bytes for the InvokeFunction operation`,
    user,
  );
}

/** AWS prints the documented 6 MB, although it accepts its allowance on top. */
const UNTOLD_BYTES = 100;

/** For a qualifier where only the function as a whole can be meant. */
export function wholeFunctionsOnly(): AwsError {
  return invalidParameter(
    'This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.',
  );
}

/** As `staleRevision`, worded for the operations on policies. */
export function stalePolicy(): AwsError {
  return new AwsError(
    'PreconditionFailedException',
    412,
    'The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest Revision Id',
    user,
  );
}

export function policyTooLong(bytes: number, limit: number): AwsError {
  return new AwsError(
    'PolicyLengthExceededException',
    400,
    `The final policy size (${bytes}) is bigger than the limit (${limit}).`,
    user,
  );
}

/** Of a function that has none, and of one that is not there. */
export function policyNotFound(): AwsError {
  return notFound('The resource you requested does not exist.');
}

export function invalidContent(message: string): AwsError {
  return new AwsError('InvalidRequestContentException', 400, message, user);
}

/** A feature of AWS that cannot act here yet: refused, never stored in silence. */
export function cannotYet(what: string): AwsError {
  return new AwsError('NotImplementedException', 501, `Hearth does not implement ${what} yet.`);
}
