/**
 * Row 13, second half: how old an asynchronous event is when its handler begins. At 80 % of the
 * rate at which the server can perform such events; and of a function that is called now and then,
 * while a million events of another function wait, against without them: while that function gets
 * one environment after the other, and once it has all that it gets. Each of these servers has just
 * been started and has performed the same events before: one that is still compiling and filling its
 * pools is no measure of one that is not.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NO_PROGRESS } from '../../packages/server/src/core/async-event.ts';
import { systemClock } from '../../packages/server/src/lib/clock.ts';
import { randomIds } from '../../packages/server/src/lib/ids.ts';
import { silentLogger } from '../../packages/server/src/lib/logger.ts';
import { placeOf } from '../../packages/server/src/services/lambda/async/stored-event.ts';
import { openStore } from '../../packages/server/src/store/open-store.ts';
import { openDurableQueue } from '../../packages/server/src/store/queue/open-durable-queue.ts';
import type { TestServer } from '../../packages/testkit/src/start-server.ts';
import { createFunction, startBenchServer, startServerAgain } from '../bench-server.ts';
import { AGES_MODULE, HandlerAges } from '../handler-ages.ts';
import { createInvokeClient, type InvokeClient } from '../invoke-client.ts';
import type { Line } from '../scoreboard.ts';
import { milliseconds, ratio, summarise } from '../statistics.ts';

const CONNECTIONS = 16;
/** So often is the function called whose events must not wait for the others. */
const GAP_MS = 25;
/** Until a server that was just started is as it stays. */
const WARM_UP_EVENTS = 400;
/** As many environments as events of one function are performed at once. */
const ALL_ENVIRONMENTS = 100;
const MOST_GROWTH_MS = 180_000;

export async function eventAges(events: number, backlog: number): Promise<readonly Line[]> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-ages-'));
  const dataFolder = path.join(folder, 'data');
  try {
    const first = await startBenchServer([], dataFolder);
    await createFunctions(first);
    const lines = [await atFourFifths(first, events)];
    await first.stop();
    return [...lines, ...(await besideBacklog(dataFolder, events / 4, backlog))];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function createFunctions(server: TestServer): Promise<void> {
  const common = { runtime: 'nodejs26.x', handler: 'index.handler' };
  await createFunction(server, { ...common, name: 'ages', files: { 'index.mjs': AGES_MODULE } });
  const waits = 'export const handler = () => new Promise((resolve) => setTimeout(resolve, 1000));';
  await createFunction(server, { ...common, name: 'waits', files: { 'index.mjs': waits } });
}

function sendEvent(client: InvokeClient): Promise<void> {
  return client.sendEvent('ages', JSON.stringify({ sentAt: Date.now() }));
}

/** Events a second from the first one sent to the last one performed. */
async function peakRate(client: InvokeClient, ages: HandlerAges, events: number): Promise<number> {
  await ages.clear();
  const startedAtMs = Date.now();
  let sent = 0;
  const sender = async (): Promise<void> => {
    while (sent < events) {
      sent += 1;
      await sendEvent(client);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, sender));
  const performed = await ages.all(sent);
  const lastMs = performed.reduce((latest, { atMs }) => Math.max(latest, atMs), 0);
  return (performed.length * 1_000) / (lastMs - startedAtMs);
}

async function paced(
  client: InvokeClient,
  ages: HandlerAges,
  events: number,
  gapMs: number,
): Promise<readonly number[]> {
  await ages.clear();
  const startedAt = performance.now();
  const sends: Promise<void>[] = [];
  while (sends.length < events) {
    await sleep(Math.max(0, startedAt + sends.length * gapMs - performance.now()));
    const due = Math.min(events, Math.ceil((performance.now() - startedAt) / gapMs));
    while (sends.length < due) sends.push(sendEvent(client));
  }
  await Promise.all(sends);
  return (await ages.all(events)).map(({ ageMs }) => ageMs);
}

async function atFourFifths(server: TestServer, events: number): Promise<Line> {
  const ages = new HandlerAges(server, 'ages');
  const client = createInvokeClient(server.endpoint, CONNECTIONS);
  await peakRate(client, ages, events / 4);
  const peak = await peakRate(client, ages, events);
  const { p50, p99 } = summarise(await paced(client, ages, events, 1_000 / (peak * 0.8)));
  client.close();
  ages.close();
  return {
    row: '13',
    metric: 'age of an event when its handler begins, at 80 % load, p50 (p99)',
    value: `${milliseconds(p50)} (${milliseconds(p99)})`,
    control: `100 %: ${Math.round(peak)} events/s`,
    target: '<= 50 ms p99',
    holds: p99 <= 50,
    numbers: { p50Ms: p50, p99Ms: p99, peakPerSecond: peak },
  };
}

async function besideBacklog(
  dataFolder: string,
  events: number,
  backlog: number,
): Promise<readonly Line[]> {
  const first = await startServerAgain([], dataFolder);
  await p99Of(first, WARM_UP_EVENTS);
  const alone = await p99Of(first, events);
  await first.stop();
  await fill(path.join(dataFolder, 'queue.sqlite'), backlog);
  await using second = await startServerAgain([], dataFolder);
  await p99Of(second, WARM_UP_EVENTS);
  const whileGrowing = await p99Of(second, events);
  await hasAllEnvironments(second);
  const grown = await p99Of(second, events);
  return [
    backlogLine(`${backlog.toLocaleString('en')} of another wait`, alone, whileGrowing),
    backlogLine('they wait and that function has all its environments', alone, grown),
  ];
}

interface Health {
  readonly invocations: { readonly environments: { readonly busy: number } };
}

async function hasAllEnvironments(server: TestServer): Promise<void> {
  const untilMs = Date.now() + MOST_GROWTH_MS;
  for (let busy = 0; busy < ALL_ENVIRONMENTS * 0.9;) {
    if (Date.now() > untilMs) throw new Error(`Only ${busy} environments work.`);
    await sleep(500);
    const answer = await fetch(`${server.endpoint}/_hearth/health`);
    const health = (await answer.json()) as Health;
    ({ busy } = health.invocations.environments);
  }
}

async function p99Of(server: TestServer, events: number): Promise<number> {
  const ages = new HandlerAges(server, 'ages');
  const client = createInvokeClient(server.endpoint, CONNECTIONS);
  const { p99 } = summarise(await paced(client, ages, events, GAP_MS));
  client.close();
  ages.close();
  return p99;
}

/** As if so many events had been accepted: into the queue of a server that has stopped. */
async function fill(file: string, events: number): Promise<void> {
  await using store = await openStore({ path: file, logger: silentLogger, hasJournal: true });
  await using queue = await openDurableQueue({
    store,
    clock: systemClock,
    ids: randomIds,
    logger: silentLogger,
  });
  const place = placeOf({ account: '000000000000', region: 'us-east-1', name: 'waits' });
  const attributes = JSON.stringify({ progress: NO_PROGRESS });
  const body = Buffer.from('{}');
  for (let sent = 0; sent < events; sent += 1_000) {
    const some = Array.from({ length: 1_000 }, () => ({ id: randomIds.uuid(), body, attributes }));
    await queue.send(place, some);
  }
}

function backlogLine(state: string, aloneMs: number, besideMs: number): Line {
  return {
    row: '13',
    metric: `p99 of the age of a function's events while ${state}`,
    value: `${milliseconds(besideMs)}, ${ratio(besideMs / aloneMs)}`,
    control: `without them ${milliseconds(aloneMs)}`,
    target: '<= 1.3 x',
    holds: besideMs <= aloneMs * 1.3,
    numbers: { aloneMs, besideMs },
  };
}
