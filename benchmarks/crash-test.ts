/**
 * `npm run crash-test`: 10,000 asynchronous events flow in, and the server is killed at a random one of
 * them; 50 times, or as `--rounds` and `--events` say. Fails when an acknowledged event was lost, one
 * that was not in flight ran twice, or one ran after its age.
 */
import { parseArgs } from 'node:util';
import { crashRounds } from '../packages/testkit/src/crash-rounds.ts';
import type { EventSender } from '../packages/testkit/src/event-sender.ts';
import { createInvokeClient } from './invoke-client.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '50' },
    events: { type: 'string', default: '10000' },
  },
});

const CONNECTIONS = 16;
/** Some 20 to 50 a second, where ten a second are performed: most of them expire. */
const PERISHABLE_EACH = 50;

/** Leaner than an SDK, which would take more of the machine than the server does. */
function connect(endpoint: string): EventSender {
  const client = createInvokeClient(endpoint, CONNECTIONS);
  return {
    send: (name, number) =>
      client.sendEvent(name, JSON.stringify({ number, sentAtMs: Date.now() })),
    close: () => client.close(),
  };
}

const startedAt = performance.now();
const report = await crashRounds({
  rounds: Number(values.rounds),
  eventsPerRound: Number(values.events),
  random: Math.random,
  perishableEach: PERISHABLE_EACH,
  connect,
  onRound: (round, acknowledged) =>
    console.log(`round ${round}: killed; ${acknowledged} events acknowledged so far`),
});
console.log(JSON.stringify(report));
console.log(`${Math.round((performance.now() - startedAt) / 1_000)} s`);
if (report.missing.length + report.unexplained.length + report.late > 0) process.exitCode = 1;
