/**
 * awsJson 1.0 and 1.1, the protocols of CloudWatch Logs and its likes: the operation in
 * X-Amz-Target, the input as the body's JSON, errors named by `__type`.
 */
import type { AwsError } from '../core/aws-error.ts';
import { queryCompatibleType, queryErrorOf } from './query-compatible.ts';
import { jsonReader } from './json-reader.ts';
import { jsonWriter } from './json-writer.ts';
import { membersOf } from './error-body.ts';
import { parseJsonObject } from './parse-json.ts';
import type { Protocol } from './protocol.ts';
import type { RawResponse } from './raw-message.ts';
import type { ServiceModel } from './service-model.ts';

const noBody = new Uint8Array(0);

export function createAwsJson(model: ServiceModel): Protocol {
  const prefix = `${model.targetPrefix}.`;
  const contentType = `application/x-amz-json-${model.protocol === 'awsJson1.0' ? '1.0' : '1.1'}`;
  const answer = (status: number, requestId: string, body: Uint8Array): RawResponse => ({
    status,
    headers: { 'content-type': contentType, 'x-amzn-RequestId': requestId },
    body,
  });
  return {
    needsBodyToRoute: false,
    route(request) {
      const target = request.headers['x-amz-target'];
      if (request.method !== 'POST' || target?.startsWith(prefix) !== true) return undefined;
      return model.operations.get(target.slice(prefix.length));
    },
    parseInput: (operation, request) =>
      jsonReader(operation.input)(parseJsonObject(request.body)) as object,
    serializeOutput(operation, output, requestId) {
      // AWS: an operation without an output answers no body at all, not an empty object.
      if (operation.output.members.length === 0) return answer(200, requestId, noBody);
      const document = jsonWriter(operation.output)(output);
      return answer(200, requestId, Buffer.from(JSON.stringify(document)));
    },
    serializeError(error, requestId) {
      const body = Buffer.from(JSON.stringify(documentOf(model, error)));
      const status = model.isQueryCompatible
        ? (model.errors.get(error.code)?.status ?? error.status)
        : statusOf(error.status);
      const response = answer(status, requestId, body);
      if (model.isQueryCompatible) Object.assign(response.headers, queryErrorOf(model, error));
      Object.assign(response.headers, error.headers);
      return response;
    },
  };
}

function documentOf(model: ServiceModel, error: AwsError): Record<string, string> {
  const known = model.errors.get(error.code);
  const named = known?.shape.members.find((each) => each.name.toLowerCase() === 'message');
  return {
    __type: model.isQueryCompatible
      ? queryCompatibleType(model, error)
      : (known?.code ?? error.code),
    ...membersOf(error, known),
    [named?.name ?? 'message']: error.message,
  };
}

/** AWS: these protocols know two statuses, whatever went wrong. 413 is the server's in front. */
function statusOf(status: number): number {
  if (status === 413 || status === 501) return status;
  return status >= 500 ? 500 : 400;
}
