/**
 * Another server that serves an API in Hearth's place: what was authenticated and authorised here is
 * sent to it, signed with the credentials that it knows. Its errors are passed on as they are.
 */
import { createRequire } from 'node:module';
import { AwsError } from '../core/aws-error.ts';
import type { OperationContext, Permission, ServiceName } from '../core/operation.ts';

export interface UpstreamOptions {
  readonly service: keyof typeof clients;
  /** Base URL. */
  readonly url: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of its signatures; where it is left out, the region of the request. */
  readonly region: string | undefined;
}

export interface Upstream {
  readonly url: string;
  /** Rejects with the `AwsError` that the caller is to be answered. */
  send(
    operation: string,
    input: object,
    context: OperationContext,
    signal?: AbortSignal,
  ): Promise<Record<string, unknown>>;
}

/** What the SDK's clients have in common. */
interface Client {
  send(command: unknown, options: { readonly abortSignal: AbortSignal }): Promise<object>;
}
interface Command {
  readonly middlewareStack: {
    add(
      middleware: (next: (args: Sent) => Promise<object>) => (args: Sent) => Promise<object>,
      options: { readonly step: 'build' },
    ): void;
  };
}
interface Sent {
  readonly request: { readonly headers: Record<string, string> };
}
type Sdk = Readonly<Record<string, new (options: object) => unknown>>;

const clients = {
  sqs: ['@aws-sdk/client-sqs', 'SQSClient'],
  s3: ['@aws-sdk/client-s3', 'S3Client'],
  sns: ['@aws-sdk/client-sns', 'SNSClient'],
  events: ['@aws-sdk/client-eventbridge', 'EventBridgeClient'],
} as const satisfies Partial<Record<ServiceName, readonly [name: string, client: string]>>;

const load = createRequire(import.meta.url);
/** A client for each region that is asked for; more than these are made anew. */
const MOST_CLIENTS = 32;
const CONNECTION_MS = 5_000;
/** Nothing moves on a connection: longer than anybody waits for a message. */
const SILENCE_MS = 120_000;
/** Pollers hold one each for twenty seconds. */
const MOST_SOCKETS = 10_000;

export function createUpstream(options: UpstreamOptions): Upstream {
  const [packageName, clientName] = clients[options.service];
  const sdk = load(packageName) as Sdk;
  const made = new Map<string, Client>();
  const clientOf = (region: string): Client => {
    const known = made.get(region);
    if (known !== undefined) return known;
    if (made.size >= MOST_CLIENTS) made.clear();
    const client = create(sdk, clientName, clientSettings(options, region)) as Client;
    made.set(region, client);
    return client;
  };
  return {
    url: options.url,
    async send(operation, input, context, signal = context.signal) {
      const client = clientOf(options.region ?? context.region);
      try {
        const command = create(sdk, `${operation}Command`, input) as Command;
        if (context.traceHeader !== undefined) carryTrace(command, context.traceHeader);
        return withoutMetadata(await client.send(command, { abortSignal: signal }));
      } catch (error) {
        throw signal.aborted ? error : inItsWords(error, options);
      }
    },
  };
}

function clientSettings(options: UpstreamOptions, region: string): object {
  const { accessKeyId, secretAccessKey } = options;
  const agent = { keepAlive: true, maxSockets: MOST_SOCKETS };
  return {
    endpoint: options.url,
    region,
    credentials: { accessKeyId, secretAccessKey },
    // Whoever called tries again.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: CONNECTION_MS,
      socketTimeout: SILENCE_MS,
      httpAgent: agent,
      httpsAgent: agent,
    },
    // S3 alone: what the caller states of its bytes is checked and passed on, nothing is added.
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // SQS alone: the address of a queue is a name, not where it is to be reached.
    useQueueUrlAsEndpoint: false,
  };
}

function create(sdk: Sdk, name: string, options: object): unknown {
  const constructor = sdk[name];
  if (constructor === undefined) throw new Error(`The SDK has no ${name}.`);
  return new constructor(options);
}

/** What is set in motion there carries on the chain by which loops of functions are found. */
function carryTrace(command: Command, traceHeader: string): void {
  const middleware =
    (next: (args: Sent) => Promise<object>) =>
    (args: Sent): Promise<object> => {
      args.request.headers['X-Amzn-Trace-Id'] = traceHeader;
      return next(args);
    };
  command.middlewareStack.add(middleware, { step: 'build' });
}

function withoutMetadata(output: object): Record<string, unknown> {
  const { $metadata: _metadata, ...rest } = output as Record<string, unknown>;
  return rest;
}

interface SdkError {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

function inItsWords(error: unknown, { service, url }: UpstreamOptions): AwsError {
  const { name = 'UnknownError', message = '', code, $metadata: metadata } = error as SdkError;
  const status = metadata?.httpStatusCode;
  if (status === undefined) {
    return unavailable(`${service} to ${url}, which does not answer: ${code ?? message}`, error);
  }
  // It served something, which is not what was asked for.
  if (status < 300) {
    return unavailable(`${service} to ${url}, whose answer cannot be read: ${message}`, error);
  }
  const known = Object.entries(error as object).filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === 'string' && /^[A-Z]/.test(entry[0]) && !notMembers.has(entry[0]),
  );
  const own = isWithoutBody(error) ? withoutBody[status] : undefined;
  return new AwsError(own ?? name, status, message, {
    members: Object.fromEntries(known),
    cause: error,
  });
}

function unavailable(what: string, cause: unknown): AwsError {
  return new AwsError('ServiceUnavailable', 503, `Hearth forwards ${what}.`, { cause });
}

/** S3 answers HEAD and 304 without a body, and so without a code. */
function isWithoutBody(error: unknown): boolean {
  return (error as { readonly Code?: string }).Code === undefined;
}

const withoutBody: Readonly<Record<number, string>> = {
  304: 'NotModified',
  403: 'AccessDenied',
  404: 'NoSuchKey',
  412: 'PreconditionFailed',
};

const notMembers: ReadonlySet<string> = new Set(['Code', 'Message', 'RequestId', 'HostId', 'Type']);

/**
 * An operation of a service as it is served here, of which a forwarded one keeps what it asks for. The
 * input was parsed and validated by the operation's own model: its type holds.
 */
export interface ForwardedOperation {
  readonly name: string;
  permissions(input: object, context: OperationContext): readonly Permission[];
  handle(input: object, context: OperationContext): Promise<object>;
}
