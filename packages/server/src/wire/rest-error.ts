import type { AwsError } from '../core/aws-error.ts';
import { membersOf, messageKeyOf } from './error-body.ts';
import type { RawResponse } from './raw-message.ts';
import type { ErrorModel, ServiceModel } from './service-model.ts';

/** An error as restJson1 tells it: the name in a header, members in the body or in headers. */
export function writeRestError(
  model: ServiceModel,
  error: AwsError,
  requestId: string,
): RawResponse {
  const known = model.errors.get(error.code);
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'x-amzn-RequestId': requestId,
    'x-amzn-ErrorType': known?.code ?? error.code,
  };
  const document: Record<string, string> = {};
  for (const [name, value] of Object.entries(membersOf(error, known))) {
    const header = headerOf(known, name);
    if (header === undefined) document[name] = value;
    else headers[header] = value;
  }
  document[messageKeyOf(error, known)] = error.message;
  Object.assign(headers, error.headers);
  const body = Buffer.from(JSON.stringify(document));
  return { status: known?.status ?? error.status, headers, body };
}

function headerOf(model: ErrorModel | undefined, name: string): string | undefined {
  return model?.shape.members.find((each) => each.name === name)?.traits.header;
}
