/**
 * awsQuery, the protocol of IAM, STS and SNS: parameters in a form (or, with GET, in the query), the
 * operation in `Action`, answers in XML.
 */
import type { AwsError } from '../core/aws-error.ts';
import type { Protocol } from './protocol.ts';
import { readQueryInput } from './query-reader.ts';
import { parseQuery, type QueryPair } from './query-string.ts';
import type { RawRequestHead, RawResponse } from './raw-message.ts';
import { serializationError } from './serialization-error.ts';
import type { OperationModel, ServiceModel } from './service-model.ts';
import { xmlElement, xmlMembers } from './xml-writer.ts';
import { xmlText } from './xml-text.ts';

const noBody = new Uint8Array(0);

export function createAwsQuery(model: ServiceModel): Protocol {
  return {
    needsBodyToRoute: true,
    route: (request, formBody) => findOperation(model, request, formBody ?? noBody),
    parseInput(operation, request): object {
      const input = readQueryInput(operation.input, parametersOf(request, request.body));
      return model.name === 'sqs' ? withQueueOf(request, operation, input) : input;
    },
    serializeOutput(operation, output, requestId) {
      return xmlAnswer(200, requestId, answerXml(model, operation, output, requestId));
    },
    serializeError(error, requestId) {
      const code = codeOf(model, error);
      const status = model.errors.get(error.code)?.status ?? error.status;
      const response = xmlAnswer(
        status,
        requestId,
        errorXml(model, { error, code, status }, requestId),
      );
      Object.assign(response.headers, error.headers);
      return response;
    },
  };
}

/** AWS: a request to the address of a queue is about that queue, whatever else it says. */
function withQueueOf(request: RawRequestHead, operation: OperationModel, input: object): object {
  const isAddress = /^\/\d{12}\/[^/]+\/?$/.test(request.path);
  const takesQueue = operation.input.members.some(({ name }) => name === 'QueueUrl');
  if (!isAddress || !takesQueue || 'QueueUrl' in input) return input;
  return { ...input, QueueUrl: request.path };
}

function findOperation(
  model: ServiceModel,
  request: RawRequestHead,
  body: Uint8Array,
): OperationModel | undefined {
  const form = `${request.query}&${Buffer.from(body).toString('latin1')}`;
  const version = parameterOf(form, 'Version');
  if (version !== undefined && version !== model.apiVersion) return undefined;
  return model.operations.get(parameterOf(form, 'Action') ?? '');
}

/** Names of operations and versions need no escapes, so the text is searched as it is. */
function parameterOf(form: string, name: string): string | undefined {
  return new RegExp(`(?:^|&)${name}=([^&]*)`).exec(form)?.[1];
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parametersOf(request: RawRequestHead, body: Uint8Array): QueryPair[] {
  let form: string;
  try {
    form = decoder.decode(body);
  } catch (error) {
    throw serializationError('The request body is not UTF-8.', error);
  }
  return [...parseQuery(request.query), ...parseQuery(form)];
}

function answerXml(
  model: ServiceModel,
  operation: OperationModel,
  output: object,
  requestId: string,
): string {
  const { name } = operation;
  const hasResult = operation.output.members.length > 0;
  const result = hasResult ? xmlElement(`${name}Result`, xmlMembers(operation.output, output)) : '';
  const metadata = xmlElement('ResponseMetadata', xmlElement('RequestId', xmlText(requestId)));
  return `<${name}Response xmlns="${model.xmlNamespace}">${result}${metadata}</${name}Response>`;
}

function errorXml(
  model: ServiceModel,
  {
    error,
    code,
    status,
  }: { readonly error: AwsError; readonly code: string; readonly status: number },
  requestId: string,
): string {
  const fields: readonly (readonly [name: string, text: string])[] = [
    ['Type', status >= 500 ? 'Receiver' : 'Sender'],
    ['Code', code],
    ['Message', messageOf(error)],
    ...Object.entries(error.members).filter(([name]) => elementName.test(name)),
  ];
  const content = fields.map(([name, text]) => xmlElement(name, xmlText(text))).join('');
  const id = xmlElement('RequestId', xmlText(requestId));
  return `<ErrorResponse xmlns="${model.xmlNamespace}"><Error>${content}</Error>${id}</ErrorResponse>`;
}

/** AWS: recorded; the older protocol has a longer text for this one. */
function messageOf({ code, message }: AwsError): string {
  if (code !== 'QueueDoesNotExist') return message;
  return 'The specified queue does not exist for this wsdl version.';
}

const elementName = /^[A-Za-z][A-Za-z0-9]*$/;

function xmlAnswer(status: number, requestId: string, xml: string): RawResponse {
  const headers = { 'content-type': 'text/xml', 'x-amzn-RequestId': requestId };
  return { status, headers, body: Buffer.from(xml) };
}

/** Errors of every service that awsQuery services call by other names. */
const queryNames: Readonly<Record<string, string>> = {
  AccessDeniedException: 'AccessDenied',
  ExpiredTokenException: 'ExpiredToken',
  IncompleteSignatureException: 'IncompleteSignature',
  InvalidSignatureException: 'SignatureDoesNotMatch',
  MissingAuthenticationTokenException: 'MissingAuthenticationToken',
  SerializationException: 'MalformedInput',
  UnrecognizedClientException: 'InvalidClientTokenId',
  ValidationException: 'ValidationError',
};

function codeOf(model: ServiceModel, error: AwsError): string {
  const known = model.errors.get(error.code)?.code;
  if (known !== undefined) return known;
  return Object.hasOwn(queryNames, error.code) ? (queryNames[error.code] ?? '') : error.code;
}
