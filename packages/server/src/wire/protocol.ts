/**
 * How a service speaks over HTTP. Everything a client can send ends in a value or in an
 * `AwsError` that the client caused (4xx); everything a service can answer ends in bytes.
 *
 * Readers and writers are compiled once for each shape and kept: a request walks no schema.
 */
import type { AwsError } from '../core/aws-error.ts';
import { createAwsJson } from './aws-json.ts';
import { createAwsQuery } from './aws-query.ts';
import type { RawRequest, RawRequestHead, RawResponse } from './raw-message.ts';
import { createRestJson } from './rest-json.ts';
import { createRestXml } from './rest-xml.ts';
import type { OperationModel, ServiceModel } from './service-model.ts';

export interface Protocol {
  /** Whether `route` needs the body; otherwise it can be called before the body is read. */
  readonly needsBodyToRoute: boolean;
  /** Undefined: the service has no such operation. Never throws. */
  route(request: RawRequestHead, formBody?: Uint8Array): OperationModel | undefined;
  /** Throws `AwsError`, such as SerializationException, for what cannot be read. */
  parseInput(operation: OperationModel, request: RawRequest): object;
  serializeOutput(operation: OperationModel, output: object, requestId: string): RawResponse;
  serializeError(error: AwsError, requestId: string, operation?: OperationModel): RawResponse;
}

/**
 * The protocol that a request speaks. A service that is compatible with awsQuery is spoken to in
 * JSON by those who name the operation in a header, and in forms by all others.
 */
export function protocolFor(model: ServiceModel, request: RawRequestHead): Protocol {
  const isForm = model.isQueryCompatible && request.headers['x-amz-target'] === undefined;
  return protocolOf(isForm ? queryModelOf(model) : model);
}

const queryModels = new WeakMap<ServiceModel, ServiceModel>();

function queryModelOf(model: ServiceModel): ServiceModel {
  const earlier = queryModels.get(model);
  if (earlier !== undefined) return earlier;
  const made: ServiceModel = { ...model, protocol: 'awsQuery' };
  queryModels.set(model, made);
  return made;
}

const made = new WeakMap<ServiceModel, Protocol>();

export function protocolOf(model: ServiceModel): Protocol {
  const earlier = made.get(model);
  if (earlier !== undefined) return earlier;
  const protocol = create(model);
  made.set(model, protocol);
  return protocol;
}

function create(model: ServiceModel): Protocol {
  switch (model.protocol) {
    case 'restJson1':
      return createRestJson(model);
    case 'restXml':
      return createRestXml(model);
    case 'awsJson1.0':
    case 'awsJson1.1':
      return createAwsJson(model);
    case 'awsQuery':
      return createAwsQuery(model);
  }
}
