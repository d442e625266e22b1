/**
 * Asynchronous events flow into a server that is killed again and again. Afterwards: what was
 * acknowledged has run, and only what was in the server's hands when it was killed has run twice.
 * The function appends the number of its event to a file of the host, so it needs the process
 * driver; the queue and all before it are the same for every driver.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { IAMClient } from '@aws-sdk/client-iam';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { createRecorder } from './create-recorder.ts';
import { startServer, type TestServer } from './start-server.ts';

export interface CrashReport {
  readonly kills: number;
  /** Answered with 202. */
  readonly acknowledged: number;
  /** Of these: never run. */
  readonly missing: readonly number[];
  /** Runs beyond the first of an event. */
  readonly repeated: number;
}

export interface CrashOptions {
  readonly rounds: number;
  /** A round is killed at a random moment after the first acknowledgement, up to this. */
  readonly longestRoundMs: number;
  /** At least 0, below 1. */
  readonly random: () => number;
  readonly onRound?: (round: number, acknowledged: number) => void;
}

const SENDERS = 16;
/** Longer than what was in flight stays invisible. */
const SETTLE_MS = 90_000;

export async function crashRounds(options: CrashOptions): Promise<CrashReport> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-crash-'));
  const file = path.join(folder, 'ran');
  await writeFile(file, '');
  const acknowledged: number[] = [];
  const numbers = { next: 0 };
  const start = (): Promise<TestServer> =>
    startServer({
      args: ['--isolation', 'process', '--log-level', 'error'],
      dataFolder: path.join(folder, 'data'),
    });
  try {
    for (let round = 1; round <= options.rounds; round += 1) {
      const server = await start();
      if (round === 1) {
        const clients = { iam: new IAMClient(connection(server)), lambda: clientOf(server) };
        await createRecorder(clients, 'recorder', file);
      }
      await floodUntilKilled(server, numbers, acknowledged, options);
      options.onRound?.(round, acknowledged.length);
    }
    await using _server = await start();
    const ran = await settle(file, acknowledged);
    const counts = new Map<number, number>();
    for (const number of ran) counts.set(number, (counts.get(number) ?? 0) + 1);
    return {
      kills: options.rounds,
      acknowledged: acknowledged.length,
      missing: acknowledged.filter((number) => !counts.has(number)),
      repeated: ran.length - counts.size,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function clientOf(server: TestServer): LambdaClient {
  return new LambdaClient({ ...connection(server), maxAttempts: 1 });
}

function connection({ endpoint }: TestServer): {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
} {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return { endpoint, region: 'us-east-1', credentials };
}

async function floodUntilKilled(
  server: TestServer,
  numbers: { next: number },
  acknowledged: number[],
  { longestRoundMs, random }: CrashOptions,
): Promise<void> {
  const lambda = clientOf(server);
  const first = Promise.withResolvers<void>();
  const over = new AbortController();
  const sender = async (): Promise<void> => {
    while (!over.signal.aborted) {
      numbers.next += 1;
      const number = numbers.next;
      try {
        await lambda.send(
          new InvokeCommand({
            FunctionName: 'recorder',
            InvocationType: 'Event',
            Payload: JSON.stringify({ number }),
          }),
        );
        acknowledged.push(number);
        first.resolve();
      } catch (error) {
        // The server is gone: this one was not acknowledged. Anything else is a fault.
        if (!over.signal.aborted) {
          first.reject(error);
          return;
        }
      }
    }
  };
  const senders = Array.from({ length: SENDERS }, sender);
  await first.promise;
  await new Promise((resolve) => setTimeout(resolve, random() * longestRoundMs));
  over.abort();
  await server.kill();
  await Promise.all(senders);
  lambda.destroy();
}

/** What has run, once every acknowledged event has, or nothing more has for a long time. */
async function settle(file: string, acknowledged: readonly number[]): Promise<readonly number[]> {
  let until = performance.now() + SETTLE_MS;
  let seen = 0;
  for (;;) {
    const ran = (await readFile(file, 'utf8')).split('\n').filter(Boolean).map(Number);
    const known = new Set(ran);
    if (ran.length > seen) until = performance.now() + SETTLE_MS;
    seen = ran.length;
    const isWhole = acknowledged.every((number) => known.has(number));
    if (isWhole || performance.now() > until) return ran;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
