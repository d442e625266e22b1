/**
 * A Hearth server as a user starts it: its own process, on a free loopback port, with its data in a
 * temporary folder. Ends by itself with the test that owns it, also where that one is killed.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Machine } from './open-internet.ts';
import { addSuiteOwner } from './suite-owners.ts';

export interface ServerOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Kept when given; otherwise a temporary folder that goes with the server. */
  readonly dataFolder?: string;
  /** Instead of this one. */
  readonly machine?: Machine;
}

export interface TestServer extends AsyncDisposable {
  readonly endpoint: string;
  readonly pid: number;
  readonly dataFolder: string;
  /** Everything it has printed. */
  output(): string;
  /** SIGTERM; resolves with the exit status once it has gone. */
  stop(): Promise<number | null>;
  /** SIGKILL, to see what survives. */
  kill(): Promise<void>;
}

export const repository: string = path.resolve(import.meta.dirname, '../../..');
const mainFile = path.join(repository, 'packages/server/src/main.ts');
/** A second on a quiet machine; tests share theirs with others. */
const READY_MS = 100_000;
/** The kernel's signal, since nobody is left to send one. */
const endsWithParent = ['/usr/bin/setpriv', '--pdeathsig', 'TERM'];
const usualEnv = {
  /** The interpreters fetched by one test are kept for the next, those without a server too. */
  HEARTH_CACHE_DIR: path.join(repository, 'node_modules/.cache/hearth-runtimes'),
  /** As `npm start` has it: what one server has compiled, the next one need not. */
  NODE_COMPILE_CACHE: path.join(repository, 'node_modules/.cache/hearth-compiled'),
  /** As `npm start` has it too. */
  MALLOC_ARENA_MAX: '2',
  /** Tests leave the network of this machine alone. */
  HEARTH_NETWORK: 'none',
};

export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const isOwnFolder = options.dataFolder === undefined;
  const dataFolder =
    options.dataFolder ?? (await mkdtemp(path.join(os.tmpdir(), 'hearth-server-')));
  const { machine, args = [] } = options;
  const program = [
    ...endsWithParent,
    process.execPath,
    mainFile,
    '--port',
    '0',
    '--data-dir',
    dataFolder,
    ...args,
  ];
  const [command = '', ...argv] = [...(machine?.command ?? []), ...program];
  const child = spawn(command, argv, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...withoutHearth(process.env), ...usualEnv, ...options.env },
  });
  if (child.pid !== undefined) addSuiteOwner(child.pid);
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const output = collect(child);
  const served = await readiness(child, output, exited).catch(async (error: unknown) => {
    await exited;
    if (isOwnFolder) await rm(dataFolder, { recursive: true, force: true });
    throw error;
  });
  const endpoint = (await machine?.endpoint(Number(new URL(served).port))) ?? served;

  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    return exited;
  };
  return {
    endpoint,
    pid: child.pid ?? 0,
    dataFolder,
    output,
    stop,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    [Symbol.asyncDispose]: async () => {
      const status = await stop();
      if (status !== 0) throw new Error(`the server ended with ${status}:\n${output()}`);
      if (isOwnFolder) await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

function collect(child: ChildProcess): () => string {
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}

/** The welcome names the endpoint once it is served; an early exit or a long silence is an error. */
async function readiness(
  child: ChildProcess,
  output: () => string,
  exited: Promise<number | null>,
): Promise<string> {
  const ready = new Promise<string>((resolve) => {
    child.stdout?.on('data', () => {
      const match = /endpoint\s+(http:\/\/\S+)/.exec(output());
      if (match?.[1] !== undefined) resolve(match[1]);
    });
  });
  const ended = exited.then((status): never => {
    throw new Error(`the server ended with ${status} before it was ready:\n${output()}`);
  });
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    child.kill('SIGKILL');
    late.reject(new Error(`the server was not ready after ${READY_MS} ms:\n${output()}`));
  }, READY_MS);
  try {
    return await Promise.race([ready, ended, late.promise]);
  } finally {
    clearTimeout(timer);
    ended.catch(() => {});
  }
}

function withoutHearth(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !/^(HEARTH_|AWS_)/.test(name));
  return Object.fromEntries(kept);
}
