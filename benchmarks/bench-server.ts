/** A server for the benchmark, as a user starts it, with a role and functions to call. */
import { IAMClient } from '@aws-sdk/client-iam';
import { clientSettings } from '../packages/testkit/src/client-settings.ts';
import { createFunctionRole } from '../packages/testkit/src/create-function-role.ts';
import { startServer, type TestServer } from '../packages/testkit/src/start-server.ts';
import { zipOf } from '../packages/testkit/src/zip-of.ts';
import { createInvokeClient } from './invoke-client.ts';

export const role = 'arn:aws:iam::000000000000:role/bench';

/** `dataFolder`: kept after the server; a temporary one goes with it. */
export async function startBenchServer(
  args: readonly string[] = [],
  dataFolder?: string,
): Promise<TestServer> {
  const server = await startServerAgain(args, dataFolder);
  await createRole(server);
  return server;
}

/** On the data of a server that has stopped. */
export function startServerAgain(
  args: readonly string[],
  dataFolder: string | undefined,
): Promise<TestServer> {
  return startServer({
    args: ['--log-level', 'warn', ...args],
    // As a user has it.
    env: { HEARTH_NETWORK: 'auto' },
    ...(dataFolder === undefined ? {} : { dataFolder }),
  });
}

export interface FunctionOptions {
  readonly name: string;
  readonly runtime: string;
  readonly handler: string;
  readonly files: Readonly<Record<string, string>>;
  readonly memoryMib?: number;
  /** ARNs of layer versions. */
  readonly layers?: readonly string[];
}

export async function createFunction(server: TestServer, options: FunctionOptions): Promise<void> {
  const client = createInvokeClient(server.endpoint, 1);
  const created = await client.send(
    'POST',
    '/2015-03-31/functions',
    JSON.stringify({
      FunctionName: options.name,
      Runtime: options.runtime,
      Handler: options.handler,
      Role: role,
      MemorySize: options.memoryMib ?? 1_769,
      Timeout: 10,
      Layers: options.layers ?? [],
      Code: { ZipFile: await programsOf(options.files) },
    }),
  );
  if (created.status !== 201) throw new Error(created.body.toString('utf8'));
  for (;;) {
    const got = await client.send('GET', `/2015-03-31/functions/${options.name}/configuration`, '');
    const { State } = JSON.parse(got.body.toString('utf8')) as { State: string };
    if (State === 'Active') break;
    if (State === 'Failed') throw new Error(got.body.toString('utf8'));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  client.close();
}

/** Answers the ARN of the layer's first version. */
export async function publishLayer(
  server: TestServer,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const client = createInvokeClient(server.endpoint, 1);
  const content = JSON.stringify({ Content: { ZipFile: await programsOf(files) } });
  const published = await client.send('POST', '/2018-10-31/layers/bench/versions', content);
  client.close();
  if (published.status !== 201) throw new Error(published.body.toString('utf8'));
  return (JSON.parse(published.body.toString('utf8')) as { LayerVersionArn: string })
    .LayerVersionArn;
}

/** All of them may be executed. */
async function programsOf(files: Readonly<Record<string, string>>): Promise<string> {
  const entries = Object.entries(files).map(([name, content]) => [
    name,
    { content, mode: 0o100_755 },
  ]);
  return (await zipOf(Object.fromEntries(entries))).toString('base64');
}

async function createRole(server: TestServer): Promise<void> {
  const iam = new IAMClient(clientSettings(server.endpoint));
  await createFunctionRole(iam, 'bench');
  iam.destroy();
}

/** About 10 kB that must be parsed, like a small bundled function. */
export function padding(comment: string): string {
  return Array.from(
    { length: 100 },
    (_, index) => `${comment} line ${index} of a function of about ten kilobytes ${'.'.repeat(40)}`,
  ).join('\n');
}
