/** Starts an installed runtime for tests, without a sandbox: paths inside become paths outside. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { startInTestRuntimeApi } from './in-test-runtime-api.ts';
import type { InTestRuntimeApi } from './in-test-runtime-api.ts';
import type { RuntimeInstallation } from './runtime-catalogue.ts';

export interface StartedFunction extends AsyncDisposable {
  readonly api: InTestRuntimeApi;
  /** Ends the process, if it has not ended; resolves with all that it has printed, stdout first. */
  end(): Promise<string>;
  /** All that it has printed so far, stdout first. */
  printed(): string;
  /** What a runtime sees of a server that is killed: nobody reads what it prints, and its API is gone. */
  abandon(): Promise<void>;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

export async function startInTest(
  installation: RuntimeInstallation,
  taskRoot: string,
  handler: string,
  env: Readonly<Record<string, string>> = {},
): Promise<StartedFunction> {
  const api = await startInTestRuntimeApi();
  const outside = (text: string): string => translate(text, installation, taskRoot);
  const entryPoint = installation.entryPoints?.map(outside).find((file) => existsSync(file));
  const [program = '', ...args] = installation.argv.map(outside);
  const child = spawn(entryPoint ?? program, args, {
    cwd: taskRoot,
    // A group of its own: what the program starts (a shell's curl) ends with it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...lambdaVariables(installation, handler, outside),
      LAMBDA_TASK_ROOT: taskRoot,
      AWS_LAMBDA_RUNTIME_API: api.address,
      ...env,
    },
  });
  const output = collected(child);
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  // A runtime that ends will never answer; the test fails with what it said instead of hanging.
  const orEnded = async <Value>(answer: Promise<Value>): Promise<Value> => {
    const ended = exited.then(({ code, signal }) => {
      throw new Error(`The runtime ended (${code ?? signal}): ${output()}`);
    });
    return Promise.race([answer, ended]);
  };
  const kill = async (): Promise<void> => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Already gone.
    }
    await exited;
  };
  const initError = orEnded(api.initError);
  initError.catch(() => {});
  return {
    api: { ...api, initError, invoke: async (...event) => orEnded(api.invoke(...event)) },
    end: async () => {
      await kill();
      return output();
    },
    printed: output,
    abandon: async () => {
      child.stdout.destroy();
      child.stderr.destroy();
      await api[Symbol.asyncDispose]();
    },
    exited,
    [Symbol.asyncDispose]: async () => {
      await kill();
      await api[Symbol.asyncDispose]();
    },
  };
}

/** All that it has printed so far; each stream apart, so that no line of one tears the other's. */
function collected(child: ChildProcessByStdio<null, Readable, Readable>): () => string {
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      printed[stream] += text;
    });
  }
  return () => printed.stdout + printed.stderr;
}

function translate(text: string, installation: RuntimeInstallation, taskRoot: string): string {
  let translated = text.replaceAll('/var/task', taskRoot);
  for (const { source, target } of installation.mounts) {
    translated = translated.replaceAll(target, source);
  }
  return translated;
}

function lambdaVariables(
  { identifier, env }: RuntimeInstallation,
  handler: string,
  outside: (text: string) => string,
): Record<string, string> {
  return {
    ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, outside(value)])),
    LD_LIBRARY_PATH: outside('/var/lang/lib'),
    LAMBDA_RUNTIME_DIR: outside('/var/runtime'),
    _HANDLER: handler,
    PATH: '/usr/local/bin:/usr/bin:/bin:/opt/bin',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    AWS_EXECUTION_ENV: `AWS_Lambda_${identifier}`,
    AWS_REGION: 'eu-west-1',
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'ASIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SESSION_TOKEN: 'token',
    AWS_LAMBDA_FUNCTION_NAME: 'shop',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
    AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/shop',
    AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/24/[$LATEST]0123456789abcdef0123456789abcdef',
  };
}
