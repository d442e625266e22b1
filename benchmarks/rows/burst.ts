/**
 * Row 4: fifty cold starts of one function at the same moment, until the last reply. The first
 * burst meets a pool that nobody has asked for more; the others one that has grown by it.
 */
import { createFunction, startBenchServer } from '../bench-server.ts';
import { createInvokeClient, mustSucceed } from '../invoke-client.ts';
import { poolAtRest } from '../pool-at-rest.ts';
import { milliseconds, summarise } from '../statistics.ts';
import type { Line } from '../scoreboard.ts';

const AT_ONCE = 50;
const GROWTH_MS = 5_000;

export async function burst(rounds: number): Promise<Line> {
  await using server = await startBenchServer();
  const client = createInvokeClient(server.endpoint, AT_ONCE);
  const last: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const name = `burst-${round}`;
    await createFunction(server, {
      name,
      runtime: 'nodejs26.x',
      handler: 'index.handler',
      // Long enough that no environment serves two of them.
      files: {
        'index.js':
          'exports.handler = () => new Promise((done) => setTimeout(() => done(1), 2_000));',
      },
    });
    await poolAtRest(server.endpoint, 'nodejs26.x');
    // How far it has grown is its own affair; it is done when it has had time to.
    if (round > 0) await new Promise((resolve) => setTimeout(resolve, GROWTH_MS));
    const startedAt = performance.now();
    const all = Array.from({ length: AT_ONCE }, () => client.invoke(name, '{}'));
    for (const answer of await Promise.all(all)) mustSucceed(answer);
    last.push(performance.now() - startedAt - 2_000);
    await client.send('DELETE', `/2015-03-31/functions/${name}`, '');
  }
  client.close();
  const [first = Number.NaN, ...grown] = last;
  const { p50, max } = summarise(grown);
  return {
    row: '4',
    metric: `${AT_ONCE} cold starts at once, until the last reply, p50 (most)`,
    value: `${milliseconds(p50)} (${milliseconds(max)}); the first ${milliseconds(first)}`,
    control: 'the 2 s that the handler sleeps are taken off',
    target: '<= 300 ms, none fails',
    numbers: { p50, max, first },
  };
}
