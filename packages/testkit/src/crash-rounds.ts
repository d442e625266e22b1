/**
 * Asynchronous events flow into a server that is killed again and again. Afterwards: what was
 * acknowledged has run, only what was in the server's hands when it was killed has run twice, and
 * nothing has run after its age. The functions append to files of the host, so this needs the process
 * driver; the queue and all before it are the same for every driver.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCrashFunctions, expiredNumbers, PERISHABLE_MS } from './crash-functions.ts';
import { RunFile, unexplained, type RepeatedRun, type Run } from './crash-runs.ts';
import { sdkSender, type EventSender } from './event-sender.ts';
import { startServer, type TestServer } from './start-server.ts';

export interface CrashReport {
  readonly kills: number;
  /** Answered with 202. */
  readonly acknowledged: number;
  /** Of these: never run, or, of perishable ones, neither run nor told as expired. */
  readonly missing: readonly number[];
  /** Runs beyond the first of an event. */
  readonly repeated: number;
  /** Of these: not of an event that may have been in flight when the server was killed. */
  readonly unexplained: readonly RepeatedRun[];
  /** Perishable events that were told as expired. */
  readonly expired: number;
  /** Runs of perishable events that were older than they may be. */
  readonly late: number;
}

export interface CrashOptions {
  readonly rounds: number;
  /** So many flow in; the kill comes after a random one of their acknowledgements. */
  readonly eventsPerRound: number;
  /** At least 0, below 1. */
  readonly random: () => number;
  /** One of so many events goes to a function that performs few, and expires after a minute; none: 0. */
  readonly perishableEach?: number;
  readonly connect?: (endpoint: string) => EventSender;
  readonly onRound?: (round: number, acknowledged: number) => void;
}

const SENDERS = 16;
/** Longer than what was in flight stays invisible. */
const SETTLE_MS = 90_000;

interface Flow {
  next: number;
  readonly acknowledged: number[];
  readonly perishable: Set<number>;
  readonly killedAtMs: number[];
}

export async function crashRounds(options: CrashOptions): Promise<CrashReport> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-crash-'));
  const file = new RunFile(path.join(folder, 'ran'));
  await file.make();
  const flow: Flow = { next: 0, acknowledged: [], perishable: new Set(), killedAtMs: [] };
  const start = (): Promise<TestServer> =>
    startServer({
      args: ['--isolation', 'process', '--log-level', 'error'],
      dataFolder: path.join(folder, 'data'),
    });
  try {
    for (let round = 1; round <= options.rounds; round += 1) {
      const server = await start();
      if (round === 1) await createCrashFunctions(server.endpoint, file.path);
      await floodUntilKilled(server, flow, options);
      options.onRound?.(round, flow.acknowledged.length);
    }
    await using server = await start();
    const expired = new Set<number>();
    await settle(server, file, flow, expired);
    return reportOf(flow, await file.runs(), expired);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function floodUntilKilled(
  server: TestServer,
  flow: Flow,
  { eventsPerRound, random, perishableEach = 0, connect = sdkSender }: CrashOptions,
): Promise<void> {
  const sender = connect(server.endpoint);
  const last = flow.acknowledged.length + Math.ceil((1 - random()) * eventsPerRound);
  const reached = Promise.withResolvers<void>();
  const over = new AbortController();
  const send = async (): Promise<void> => {
    while (!over.signal.aborted) {
      flow.next += 1;
      const number = flow.next;
      const isPerishable = perishableEach > 0 && number % perishableEach === 0;
      if (isPerishable) flow.perishable.add(number);
      try {
        await sender.send(isPerishable ? 'perishable' : 'recorder', number);
        flow.acknowledged.push(number);
        if (flow.acknowledged.length >= last) reached.resolve();
      } catch (error) {
        // The server is gone: this one was not acknowledged. Anything else is a fault.
        if (!over.signal.aborted) reached.reject(error);
        return;
      }
    }
  };
  const senders = Array.from({ length: SENDERS }, send);
  try {
    await reached.promise;
  } finally {
    over.abort();
    flow.killedAtMs.push(Date.now());
    await server.kill();
    await Promise.all(senders);
    sender.close();
  }
}

/** Until every acknowledged event has run or is told as expired, or nothing more has for a long time. */
async function settle(
  server: TestServer,
  file: RunFile,
  { acknowledged, perishable }: Flow,
  expired: Set<number>,
): Promise<void> {
  let until = performance.now() + SETTLE_MS;
  let seen = 0;
  for (;;) {
    const ran = await file.numbers();
    if (perishable.size > 0) await expiredNumbers(server.endpoint, expired);
    if (ran.size + expired.size > seen) until = performance.now() + SETTLE_MS;
    seen = ran.size + expired.size;
    const isWhole = acknowledged.every((number) => ran.has(number) || expired.has(number));
    if (isWhole || performance.now() > until) return;
    await sleep(200);
  }
}

function reportOf(flow: Flow, runs: readonly Run[], expired: ReadonlySet<number>): CrashReport {
  const { acknowledged, perishable, killedAtMs } = flow;
  const ran = new Set(runs.map(({ number }) => number));
  const isKnown = (number: number): boolean =>
    ran.has(number) || (perishable.has(number) && expired.has(number));
  return {
    kills: killedAtMs.length,
    acknowledged: acknowledged.length,
    missing: acknowledged.filter((number) => !isKnown(number)),
    repeated: runs.length - ran.size,
    unexplained: [true, false].flatMap((isPerishable) =>
      unexplained(
        runs.filter(({ number }) => perishable.has(number) === isPerishable),
        killedAtMs,
      ),
    ),
    expired: expired.size,
    late: runs.filter(({ number, ageMs }) => perishable.has(number) && ageMs > PERISHABLE_MS)
      .length,
  };
}
