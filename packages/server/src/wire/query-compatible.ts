/**
 * Errors of a service that speaks JSON to clients of today and awsQuery to older ones: the header
 * `x-amzn-query-error` tells by which code the older ones know them.
 */
import type { AwsError } from '../core/aws-error.ts';
import type { ServiceModel } from './service-model.ts';

export function queryErrorOf(model: ServiceModel, error: AwsError): Record<string, string> {
  const fault = error.fault === 'platform' ? 'Receiver' : 'Sender';
  return { 'x-amzn-query-error': `${queryCodeOf(model, error)};${fault}` };
}

/** `com.amazonaws.sqs#QueueDoesNotExist`, and of what stands in no model its JSON name. */
export function queryCompatibleType(model: ServiceModel, error: AwsError): string {
  const known = model.errors.get(error.code);
  if (known !== undefined) return `com.amazonaws.${model.name}#${known.shape.name}`;
  const name = Object.hasOwn(jsonNames, error.code) ? jsonNames[error.code] : error.code;
  return `com.amazon.coral.service#${name}`;
}

function queryCodeOf(model: ServiceModel, error: AwsError): string {
  return model.errors.get(error.code)?.code ?? error.code;
}

/** AWS: errors of no model have their code in awsQuery and another name in JSON, as recorded. */
const jsonNames: Readonly<Record<string, string>> = {
  AccessDenied: 'AccessDeniedException',
  ExpiredToken: 'ExpiredTokenException',
  InvalidClientTokenId: 'UnrecognizedClientException',
  InvalidParameterValue: 'InvalidParameterValueException',
  MissingParameter: 'MissingRequiredParameterException',
};
