/**
 * What the answers to errors hold, as the recordings of AWS show it: under which key the message
 * stands, and which members are there without anybody having named them.
 */
import type { AwsError } from '../core/aws-error.ts';
import type { ErrorModel } from './service-model.ts';

/** Errors outside a service's model whose message stands under `message`; others use `Message`. */
const lowerCaseMessage: ReadonlySet<string> = new Set([
  'ValidationException',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'UnrecognizedClientException',
  'ExpiredTokenException',
]);

export function messageKeyOf(error: AwsError, model: ErrorModel | undefined): string {
  const named = model?.shape.members.find((each) => each.name.toLowerCase() === 'message');
  if (named !== undefined) return named.name;
  return lowerCaseMessage.has(error.code) ? 'message' : 'Message';
}

/**
 * The members of the body besides the message. `Type` stands in every recorded error that has
 * such a member, but for a few texts: an error that names it as an empty string has none.
 */
export function membersOf(
  error: AwsError,
  model: ErrorModel | undefined,
): Readonly<Record<string, string>> {
  const hasType = model?.shape.members.some((each) => each.name === 'Type') === true;
  const faultType = model !== undefined && model.status >= 500 ? 'Service' : 'User';
  const given = hasType ? { Type: faultType, ...error.members } : error.members;
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
}
