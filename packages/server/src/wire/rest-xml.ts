/**
 * restXml as S3 speaks it: https://smithy.io/2.0/aws/protocols/aws-restxml-protocol
 *
 * S3's own ways: the bucket may stand in the host name, many operations share a path and are told
 * apart by the query, some outputs are the content of their root element, errors stand alone. The
 * bytes of an object are no part of this: the gateway streams them. Two members of an output are
 * ours: `$status`, and `$headers` for headers that are answered as a client once sent them.
 */
import type { AwsError } from '../core/aws-error.ts';
import type { Protocol } from './protocol.ts';
import type { RawRequest, RawResponse } from './raw-message.ts';
import { isInBody, readHeader, readPrefixed, readQuery } from './rest-input.ts';
import { s3AddressOf } from './s3-address.ts';
import { extendedRequestId, shortRequestId } from './s3-request-ids.ts';
import { createS3Routes } from './s3-routes.ts';
import type { OperationModel, ServiceModel } from './service-model.ts';
import type { Member, StructureShape } from './shape.ts';
import { writeText } from './text-value.ts';
import { malformedXml, parseXml, readXmlStructure } from './xml-reader.ts';
import { xmlText } from './xml-text.ts';
import { xmlElement, xmlMembers } from './xml-writer.ts';

type Values = Record<string, unknown>;

const noBody = new Uint8Array(0);

export function createRestXml(model: ServiceModel): Protocol {
  const routes = createS3Routes(model.operations.values());
  const namespace = model.xmlNamespace ?? '';
  return {
    needsBodyToRoute: false,
    route: (request) => routes(request),
    parseInput: (operation, request) => readInput(operation, request),
    serializeOutput(operation, output, requestId) {
      const values = output as Values;
      const headers = requestHeaders(requestId);
      writeHeaders(headers, operation.output, values);
      Object.assign(headers, values['$headers']);
      const { text, type } = bodyOf(operation, values, namespace);
      if (text !== '') headers['content-type'] ??= type;
      const status = Number(values['$status'] ?? operation.http?.status ?? 200);
      return { status, headers, body: text === '' ? noBody : Buffer.from(text) };
    },
    serializeError: (error, requestId) => errorResponse(model, error, requestId),
  };
}

function readInput(operation: OperationModel, request: RawRequest): Values {
  const input: Values = {};
  const address = s3AddressOf(request);
  const { members } = operation.input;
  for (const member of members) {
    const { traits } = member;
    if (traits.isLabel) {
      const value = member.name === 'Bucket' ? address.bucket : address.key;
      if (value !== undefined) input[member.name] = value;
    } else if (traits.header !== undefined) readHeader(input, member, request.headers);
    else if (traits.prefixHeaders !== undefined) readPrefixed(input, member, request.headers);
  }
  readQuery(
    input,
    members.filter((each) => each.traits.query !== undefined),
    request.query,
  );
  const payload = members.find((each) => each.traits.isPayload);
  if (payload !== undefined) readPayload(input, payload, request.body);
  return input;
}

function readPayload(input: Values, member: Member, body: Uint8Array): void {
  // The bytes of an object come by another way.
  if (member.shape.kind === 'blob' || body.byteLength === 0) return;
  if (member.shape.kind !== 'structure') {
    input[member.name] = Buffer.from(body).toString('utf8');
    return;
  }
  const root = parseXml(body);
  const { xmlName } = member.traits;
  const isNamed = root.name === (xmlName ?? member.shape.name);
  // AWS: old clients call the document of this operation after its result.
  if (!isNamed && root.name !== member.shape.name) throw malformedXml();
  input[member.name] = readXmlStructure(member.shape, root);
}

function writeHeaders(
  headers: Record<string, string>,
  shape: StructureShape,
  values: Values,
): void {
  for (const { name, traits, shape: inner } of shape.members) {
    const value = values[name];
    if (value === undefined || value === null) continue;
    if (traits.header !== undefined) headers[traits.header] = writeText(inner, value, 'http-date');
    if (traits.prefixHeaders !== undefined) {
      for (const [key, each] of Object.entries(value as Record<string, string>)) {
        headers[`${traits.prefixHeaders}${key}`] = each;
      }
    }
  }
}

const XML = 'application/xml';
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

function bodyOf(
  operation: OperationModel,
  values: Values,
  namespace: string,
): { readonly text: string; readonly type: string } {
  const shape = operation.output;
  const payload = shape.members.find((each) => each.traits.isPayload);
  if (payload !== undefined) {
    const value = values[payload.name];
    if (value === undefined || value === null || payload.shape.kind === 'blob')
      return { text: '', type: XML };
    if (payload.shape.kind !== 'structure')
      return { text: String(value), type: 'application/json' };
    const name = payload.traits.xmlName ?? payload.shape.name;
    const content = xmlMembers(payload.shape, value);
    return { text: documentOf(name, namespace, content), type: XML };
  }
  if (!shape.members.some(isInBody)) return { text: '', type: XML };
  if (operation.name === 'GetBucketLocation') {
    const location = xmlText(String(values['LocationConstraint'] ?? ''));
    return { text: documentOf('LocationConstraint', namespace, location), type: XML };
  }
  const name = rootNames[operation.name] ?? shape.xmlName ?? shape.name;
  return { text: documentOf(name, namespace, xmlMembers(shape, values)), type: XML };
}

/** Where AWS's root element is neither the name nor the trait of the output. */
const rootNames: Readonly<Record<string, string | undefined>> = {
  ListMultipartUploads: 'ListMultipartUploadsResult',
};

function documentOf(name: string, namespace: string, content: string): string {
  return `${DECLARATION}<${name} xmlns="${namespace}">${content}</${name}>`;
}

function requestHeaders(requestId: string): Record<string, string> {
  return {
    'x-amz-request-id': shortRequestId(requestId),
    'x-amz-id-2': extendedRequestId(requestId),
  };
}

/** What the common parts of the gateway throw, under the names that S3 has for it. */
const s3Names: Readonly<Record<string, string | undefined>> = {
  SerializationException: 'InvalidArgument',
  ServiceException: 'InternalError',
  InternalFailure: 'InternalError',
  NotImplementedException: 'NotImplemented',
  UnknownOperationException: 'MethodNotAllowed',
  RequestEntityTooLargeException: 'EntityTooLarge',
  ThrottlingException: 'SlowDown',
};
const s3Statuses: Readonly<Record<string, number | undefined>> = {
  UnknownOperationException: 405,
  RequestEntityTooLargeException: 400,
  ThrottlingException: 503,
};
const elementName = /^[A-Za-z][A-Za-z0-9]*$/;

function errorResponse(model: ServiceModel, error: AwsError, requestId: string): RawResponse {
  const status = s3Statuses[error.code] ?? model.errors.get(error.code)?.status ?? error.status;
  const headers = { ...requestHeaders(requestId), ...error.headers };
  // A redirect to nothing and "not modified" have no document.
  if (status === 304) return { status, headers, body: noBody };
  const fields = [
    ['Code', s3Names[error.code] ?? error.code],
    ['Message', error.message],
    ...Object.entries(error.members).filter(([name]) => elementName.test(name)),
    ['RequestId', shortRequestId(requestId)],
    ['HostId', extendedRequestId(requestId)],
  ];
  const content = fields.map(([name = '', text = '']) => xmlElement(name, xmlText(text))).join('');
  return {
    status,
    headers: { ...headers, 'content-type': XML },
    body: Buffer.from(`${DECLARATION}<Error>${content}</Error>`),
  };
}
