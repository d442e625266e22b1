/**
 * A server with the OCI driver and a role that may log, and the three steps that tests of functions
 * repeat through the public API: create, invoke with the tail of the log, update.
 */
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { IAMClient } from '@aws-sdk/client-iam';
import {
  InvokeCommand,
  LambdaClient,
  type CreateFunctionCommandInput,
  type Runtime,
} from '@aws-sdk/client-lambda';
import { clientSettings } from './client-settings.ts';
import { createFunction } from './create-function.ts';
import { createFunctionRole } from './create-function-role.ts';
import { startServer, type ServerOptions, type TestServer } from './start-server.ts';
import { zipOf, type ZipEntry } from './zip-of.ts';

export const functionRole = 'arn:aws:iam::000000000000:role/function-role';

export interface Invoked {
  readonly status: number | undefined;
  readonly functionError: string | undefined;
  readonly payload: unknown;
  /** The last 4 KB of the log of this invocation. */
  readonly log: string;
  readonly requestId: string;
}

export interface Functions extends AsyncDisposable {
  readonly server: TestServer;
  readonly lambda: LambdaClient;
  readonly iam: IAMClient;
  create(
    name: string,
    runtime: Runtime,
    files: Readonly<Record<string, string | Uint8Array | ZipEntry>>,
    settings?: Partial<CreateFunctionCommandInput>,
  ): Promise<void>;
  invoke(name: string, event?: unknown): Promise<Invoked>;
  /** What its log group holds so far; empty while there is none. */
  logOf(name: string): Promise<string>;
}

export async function openFunctions(
  args: readonly string[] = [],
  where: Pick<ServerOptions, 'machine'> = {},
): Promise<Functions> {
  const server = await startServer({ args: ['--isolation', 'oci', ...args], ...where });
  const options = {
    ...clientSettings(server.endpoint, 'eu-west-1'),
    maxAttempts: 1,
  };
  const lambda = new LambdaClient(options);
  const iam = new IAMClient(options);
  const logs = new CloudWatchLogsClient(options);
  await createFunctionRole(iam, 'function-role');
  return {
    server,
    lambda,
    iam,
    create: async (name, runtime, files, settings = {}) => {
      await createFunction(lambda, name, {
        Runtime: runtime,
        Role: functionRole,
        Code: { ZipFile: await zipOf(files) },
        Timeout: 10,
        ...settings,
      });
    },
    invoke: (name, event = {}) => invoke(lambda, name, event),
    logOf: async (name) => {
      const { events } = await logs
        .send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}` }))
        .catch(() => ({ events: [] }));
      return (events ?? []).map((event) => event.message ?? '').join('\n');
    },
    [Symbol.asyncDispose]: async () => {
      lambda.destroy();
      iam.destroy();
      logs.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
}

async function invoke(lambda: LambdaClient, name: string, event: unknown): Promise<Invoked> {
  const answer = await lambda.send(
    new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event), LogType: 'Tail' }),
  );
  return {
    status: answer.StatusCode,
    functionError: answer.FunctionError,
    payload: JSON.parse(answer.Payload?.transformToString() ?? ''),
    log: Buffer.from(answer.LogResult ?? '', 'base64').toString('utf8'),
    requestId: answer.$metadata.requestId ?? '',
  };
}
