/**
 * Row 8: a function with ten reserved slots whose handler takes 200 ms, asked ten times as often as
 * it can answer, by a clock that does not wait for answers: how much of its peak is left, and how
 * fast the others are told.
 */
import { createFunction, startBenchServer } from '../bench-server.ts';
import { createInvokeClient, mustSucceed } from '../invoke-client.ts';
import { milliseconds, ratio, summarise } from '../statistics.ts';
import type { Line } from '../scoreboard.ts';

const SLOTS = 10;
/** So long that the slots are the limit, not the ten requests a second for each of them. */
const HANDLER_MS = 200;
const PER_SECOND = (10 * SLOTS * 1_000) / HANDLER_MS;

export async function overload(durationMs: number): Promise<Line> {
  await using server = await startBenchServer();
  await createFunction(server, {
    name: 'busy',
    runtime: 'nodejs26.x',
    handler: 'index.handler',
    files: {
      'index.js': `exports.handler = () => new Promise((done) => setTimeout(() => done(1), ${HANDLER_MS}));`,
    },
  });
  const client = createInvokeClient(server.endpoint, 200);
  const reserved = JSON.stringify({ ReservedConcurrentExecutions: SLOTS });
  await client.send('PUT', '/2017-10-31/functions/busy/concurrency', reserved);
  const invoke = (): ReturnType<typeof client.invoke> => client.invoke('busy', '{}');
  const peak = await closedLoop(invoke, durationMs);
  const refusals: number[] = [];
  let succeeded = 0;
  const under = await openLoop(durationMs, async () => {
    const startedAt = performance.now();
    const { status } = await invoke();
    if (status === 200) succeeded += 1;
    else if (status === 429) refusals.push(performance.now() - startedAt);
    else throw new Error(`an answer of neither kind: ${status}`);
  });
  client.close();
  const goodput = (succeeded * 1_000) / under;
  const { p50, p99 } = summarise(refusals);
  return {
    row: '8',
    metric: `goodput at 10 x overload (${PER_SECOND}/s); 429 after, p50 (p99)`,
    value: `${ratio(goodput / peak)} peak; ${milliseconds(p50)} (${milliseconds(p99)})`,
    control: `peak ${peak.toFixed(0)}/s, closed loop`,
    target: '>= 0.95; all the rest 429 within 5 ms',
    numbers: { goodput, peak, share: goodput / peak, refusedP50: p50, refusedP99: p99 },
  };
}

async function closedLoop(
  invoke: () => Promise<Parameters<typeof mustSucceed>[0]>,
  durationMs: number,
): Promise<number> {
  await Promise.all(Array.from({ length: SLOTS }, invoke));
  const startedAt = performance.now();
  let count = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() - startedAt < durationMs) {
      mustSucceed(await invoke());
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: SLOTS }, lane));
  return (count * 1_000) / (performance.now() - startedAt);
}

/** Calls by the clock; milliseconds until the last call was made. */
async function openLoop(durationMs: number, call: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  const calls: Promise<void>[] = [];
  for (;;) {
    const elapsedMs = performance.now() - startedAt;
    if (elapsedMs >= durationMs) break;
    while (calls.length < (elapsedMs * PER_SECOND) / 1_000) calls.push(call());
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const elapsedMs = performance.now() - startedAt;
  await Promise.all(calls);
  return elapsedMs;
}
