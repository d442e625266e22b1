/**
 * C1: the interpreter spawned on the host with the same bootstrap and handler, no sandbox, until
 * it has posted its first response. What a cold start costs anybody who starts a process.
 */
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RuntimeInstallation } from '@hearth/runtimes';

/** Milliseconds from spawn to the first response. */
export async function bootOnHost(
  installation: RuntimeInstallation,
  taskRoot: string,
  handler: string,
): Promise<number> {
  const { promise: responded, resolve: respond } = Promise.withResolvers<number>();
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      response.writeHead(200, {
        'Lambda-Runtime-Aws-Request-Id': 'c1',
        'Lambda-Runtime-Deadline-Ms': String(Date.now() + 60_000),
        'Lambda-Runtime-Invoked-Function-Arn': 'arn:aws:lambda:us-east-1:000000000000:function:c1',
        'Lambda-Runtime-Trace-Id': 'Root=1-00000000-000000000000000000000000',
        'content-type': 'application/json',
      });
      response.end('{}');
      return;
    }
    request.resume();
    request.on('end', () => respond(performance.now()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const toHost = (text: string): string => translate(installation, taskRoot, text);
  const [program = '', ...args] = installation.argv.map(toHost);
  const env = Object.fromEntries(
    Object.entries(installation.env).map(([name, value]) => [name, toHost(value)]),
  );
  const startedAt = performance.now();
  const child = spawn(program, args, {
    stdio: 'ignore',
    env: {
      PATH: process.env['PATH'],
      ...env,
      _HANDLER: handler,
      LAMBDA_TASK_ROOT: taskRoot,
      LAMBDA_RUNTIME_DIR: toHost('/var/runtime'),
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
      AWS_LAMBDA_FUNCTION_NAME: 'c1',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1769',
      AWS_REGION: 'us-east-1',
    },
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const failed = ended.then(() => Promise.reject(new Error('C1: the runtime ended early')));
  const took = (await Promise.race([responded, failed])) - startedAt;
  failed.catch(() => {});
  child.kill('SIGKILL');
  await ended;
  server.closeAllConnections();
  server.close();
  return took;
}

function translate(installation: RuntimeInstallation, taskRoot: string, text: string): string {
  const mounts = [...installation.mounts, { source: taskRoot, target: '/var/task' }].toSorted(
    (a, b) => b.target.length - a.target.length,
  );
  return text
    .split(':')
    .map((part) => {
      const mount = mounts.find(({ target }) => part === target || part.startsWith(`${target}/`));
      return mount === undefined ? part : mount.source + part.slice(mount.target.length);
    })
    .join(':');
}
