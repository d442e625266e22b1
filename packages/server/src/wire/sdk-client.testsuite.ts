/** For the tests of the protocols: real SDK clients whose requests never leave the process. */
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { HttpResponse } from '@smithy/core/protocols';
import fc from 'fast-check';
import type { ServiceName } from '../core/operation.ts';
import { percentEncode } from './percent.ts';
import type { RawRequest, RawResponse } from './raw-message.ts';
import type { Member, Shape, StructureShape } from './shape.ts';

interface SdkRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** What a client hands on to its request handler. */
interface SendOptions {
  readonly serve: (request: RawRequest) => RawResponse;
}

interface SdkClient {
  send(command: unknown, options: SendOptions): Promise<Record<string, unknown>>;
}

type Constructor = new (options: unknown) => unknown;

/** Where each service's client is, and its name. */
export const sdkPackages: Readonly<Record<ServiceName, readonly [name: string, client: string]>> = {
  lambda: ['@aws-sdk/client-lambda', 'LambdaClient'],
  logs: ['@aws-sdk/client-cloudwatch-logs', 'CloudWatchLogsClient'],
  iam: ['@aws-sdk/client-iam', 'IAMClient'],
  sts: ['@aws-sdk/client-sts', 'STSClient'],
  s3: ['@aws-sdk/client-s3', 'S3Client'],
  sqs: ['@aws-sdk/client-sqs', 'SQSClient'],
  sns: ['@aws-sdk/client-sns', 'SNSClient'],
  events: ['@aws-sdk/client-eventbridge', 'EventBridgeClient'],
  xray: ['@aws-sdk/client-xray', 'XRayClient'],
  ecr: ['@aws-sdk/client-ecr', 'ECRClient'],
};

/** Without S3, whose clients refuse most names of buckets before they send anything. */
export const serviceNames = (Object.keys(sdkPackages) as ServiceName[]).filter(
  (each) => each !== 's3',
);
export const secretAccessKey = 'secret/of+the test';

const load = createRequire(import.meta.url);

interface Clients {
  readonly client: SdkClient;
  readonly sdk: Record<string, Constructor>;
}

/** One for each service: to make a client is more work than to send by it. */
const clients = new Map<ServiceName, Clients>();

function clientOf(service: ServiceName): Clients {
  const known = clients.get(service);
  if (known !== undefined) return known;
  const [packageName, clientName] = sdkPackages[service];
  const sdk = load(packageName) as Record<string, Constructor>;
  const client = new sdk[clientName]!({
    region: 'eu-central-1',
    endpoint: 'http://127.0.0.1:4566',
    credentials: { accessKeyId: 'AKIDTEST', secretAccessKey, sessionToken: 'a/session+token==' },
    maxAttempts: 1,
    // SQS alone: arbitrary answers have no right checksums, arbitrary addresses no server.
    md5: false,
    useQueueUrlAsEndpoint: false,
    requestHandler: {
      handle: (request: SdkRequest, { serve }: SendOptions) =>
        Promise.resolve(handle(request, serve)),
    },
  }) as SdkClient;
  clients.set(service, { client, sdk });
  return { client, sdk };
}

/** Sends one command through the real client to `serve`; resolves with what the client makes of it. */
export async function sendThrough(
  service: ServiceName,
  operation: string,
  input: object,
  serve: (request: RawRequest) => RawResponse,
): Promise<Record<string, unknown>> {
  const { client, sdk } = clientOf(service);
  const output = await client.send(new sdk[`${operation}Command`]!(input), { serve });
  delete output['$metadata'];
  return output;
}

function handle(
  request: SdkRequest,
  serve: (request: RawRequest) => RawResponse,
): { readonly response: HttpResponse } {
  const { status, headers, body } = serve(toRaw(request));
  const response = new HttpResponse({
    statusCode: status,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    body: Readable.from(body.byteLength === 0 ? [] : [Buffer.from(body)]),
  });
  return { response };
}

function toRaw(request: SdkRequest): RawRequest {
  const query = Object.entries(request.query ?? {}).flatMap(([name, value]) =>
    [value].flat().map((each) => {
      return each === null ? percentEncode(name) : `${percentEncode(name)}=${percentEncode(each)}`;
    }),
  );
  return {
    method: request.method,
    path: request.path,
    query: query.join('&'),
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    body: bytesOf(request.body ?? ''),
  };
}

function bytesOf(body: string | Uint8Array): Uint8Array {
  if (typeof body === 'string') return Buffer.from(body);
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

/** Any value of a shape with all its members, to a depth that ends recursive ones. */
export function valuesOf(shape: StructureShape): fc.Arbitrary<Record<string, unknown>> {
  return structures(shape, 0);
}

const DEEPEST = 4;

function structures(shape: StructureShape, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const members = shape.members.filter(
    (each) => !isTooDeep(each.shape, depth) && !decidesTheHost.has(each.name),
  );
  return fc.record(
    Object.fromEntries(members.map((each) => [each.name, membersValues(each, depth)])),
    { noNullPrototype: true },
  );
}

/** EventBridge's clients send to a global endpoint of that name, if it can be one. */
const decidesTheHost: ReadonlySet<string> = new Set(['EndpointId']);

function isTooDeep(shape: Shape, depth: number): boolean {
  if (shape.kind === 'list') return isTooDeep(shape.element.shape, depth);
  if (shape.kind === 'map') return isTooDeep(shape.value.shape, depth);
  return shape.kind === 'structure' && (depth >= DEEPEST || shape.isEventStream);
}

function membersValues(member: Member, depth: number): fc.Arbitrary<unknown> {
  const { isLabel, isResponseCode, header } = member.traits;
  if (isResponseCode) return fc.constant(200);
  const isText = member.shape.kind === 'string';
  if (isLabel && isText) return fc.string({ unit: 'binary', minLength: 1 });
  // What HTTP can carry in a header: printable ASCII without space at the ends.
  if (header !== undefined && isText) return fc.stringMatching(/^[!-~]([ -~]{0,8}[!-~])?$/);
  return values(member.shape, depth);
}

/** The clients lose an entry of this name; ours are tested for it without a client. */
const mapKeys = fc.string({ minLength: 1 }).filter((key) => key !== '__proto__');

function values(shape: Shape, depth: number): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'string':
      return fc.string({ unit: 'grapheme' });
    case 'number':
      return fc.integer();
    case 'boolean':
      return fc.boolean();
    case 'document':
      return fc.jsonValue();
    case 'blob':
      return fc.uint8Array({ minLength: 1, maxLength: 20 });
    case 'timestamp':
      return fc.integer({ min: 0, max: 4e9 }).map((seconds) => new Date(seconds * 1_000));
    case 'list':
      return fc.array(values(shape.element.shape, depth + 1), { minLength: 1, maxLength: 3 });
    case 'map':
      return fc.dictionary(mapKeys, values(shape.value.shape, depth + 1), {
        minKeys: 1,
        maxKeys: 3,
        noNullPrototype: true,
      });
    case 'structure':
      return shape.members.length === 0 ? fc.constant({}) : structures(shape, depth + 1);
  }
}

/** Blobs as base64 and maps as plain objects, so that equal values compare as equal. */
export function comparable(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(comparable);
  if (value instanceof Date || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, comparable(each)]));
}
