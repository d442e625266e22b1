/** SQS's errors, each with the wording that AWS was seen to answer unless it says otherwise. */
import { AwsError } from '../../core/aws-error.ts';

export function invalidValue(message: string): AwsError {
  return new AwsError('InvalidParameterValue', 400, message);
}

export function invalidParameter(value: unknown, name: string, reason: string): AwsError {
  return invalidValue(`Value ${String(value)} for parameter ${name} is invalid. Reason: ${reason}`);
}

export function missingParameter(name: string): AwsError {
  return new AwsError('MissingParameter', 400, `The request must contain the parameter ${name}.`);
}

export function queueNotFound(): AwsError {
  return new AwsError('QueueDoesNotExist', 400, 'The specified queue does not exist.');
}

/** From memory: the text for an address that names no queue. */
export function invalidAddress(url: string): AwsError {
  return new AwsError('InvalidAddress', 404, `The address ${url} is not valid for this endpoint.`);
}

export function unknownAttribute(name: string): AwsError {
  return new AwsError('InvalidAttributeName', 400, `Unknown Attribute ${name}.`);
}

export function invalidAttribute(name: string, reason = ''): AwsError {
  const message = `Invalid value for the parameter ${name}.`;
  return new AwsError(
    'InvalidAttributeValue',
    400,
    reason === '' ? message : `${message} Reason: ${reason}`,
  );
}

export function resourceNotFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', 404, message);
}

/** What AWS has and what would have no effect here is refused, not ignored. */
export function cannotYet(what: string): AwsError {
  return new AwsError('UnsupportedOperation', 400, `Hearth does not implement ${what} yet.`);
}
