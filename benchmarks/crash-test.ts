/**
 * `npm run crash-test`: asynchronous events flow in while the server is killed at random moments,
 * 50 times or `--rounds N`. Fails when an acknowledged event was lost.
 */
import { parseArgs } from 'node:util';
import { crashRounds } from '../packages/testkit/src/crash-rounds.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '50' },
    longest: { type: 'string', default: '1000' },
  },
});

const report = await crashRounds({
  rounds: Number(values.rounds),
  longestRoundMs: Number(values.longest),
  random: Math.random,
  onRound: (round, acknowledged) =>
    console.log(`round ${round}: killed; ${acknowledged} events acknowledged so far`),
});
console.log(JSON.stringify(report));
if (report.missing.length > 0) {
  console.error(`${report.missing.length} acknowledged events never ran.`);
  process.exitCode = 1;
}
