/**
 * `npm run bench`: the scoreboard, as ratios against controls of the same run. Prints a table and
 * keeps the numbers in benchmarks/results/. `--quick` takes a tenth of the samples, `--rows 6,7`
 * only some. Never part of the tests.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { burst } from './rows/burst.ts';
import { coldStarts } from './rows/cold-start.ts';
import { decisions } from './rows/decision.ts';
import { eventAges } from './rows/event-age.ts';
import { imageStarts } from './rows/image-start.ts';
import { idleMemory } from './rows/idle-memory.ts';
import { noisyNeighbour } from './rows/noisy-neighbour.ts';
import { poolCost } from './rows/pool-cost.ts';
import { parkedStarts } from './rows/parked-start.ts';
import { overload } from './rows/overload.ts';
import { s3 } from './rows/s3.ts';
import { scaleOut } from './rows/scale-out.ts';
import { sqs } from './rows/sqs.ts';
import { durableAccepts } from './rows/durable-accepts.ts';
import { warm } from './rows/warm.ts';
import { withoutIsolation } from './rows/without-isolation.ts';
import { warmCpu } from './rows/warm-cpu.ts';
import { table, type Line } from './scoreboard.ts';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, rows: { type: 'string' } },
});
const share = values.quick ? 0.1 : 1;
const wanted = values.rows?.split(',') ?? [
  '1',
  '1b',
  '2',
  '3',
  'process',
  '4',
  '6',
  '7',
  'cpu',
  '8',
  '9',
  'pool',
  '10',
  '14',
  'iam',
  's3',
  '13',
  'sqs',
  '13b',
];
const isWanted = (...rows: readonly string[]): boolean => rows.some((row) => wanted.includes(row));

const lines: Line[] = [];
if (isWanted('1', '2')) lines.push(...(await coldStarts(Math.ceil(200 * share))));
if (isWanted('process')) lines.push(...(await withoutIsolation(Math.ceil(100 * share))));
if (isWanted('1b')) lines.push(...(await parkedStarts(Math.ceil(50 * share))));
if (isWanted('3')) lines.push(await imageStarts(Math.ceil(50 * share)));
if (isWanted('4')) lines.push(await burst(1 + Math.ceil(10 * share)));
if (isWanted('6', '7')) lines.push(...(await warm(Math.ceil(20 * share))));
if (isWanted('cpu')) lines.push(await warmCpu(Math.ceil(200 * share)));
if (isWanted('8')) lines.push(await overload(values.quick ? 1_000 : 4_000));
if (isWanted('9')) lines.push(await scaleOut(values.quick ? 40 : 200));
if (isWanted('pool')) lines.push(...(await poolCost(values.quick ? 10 : 40)));
if (isWanted('10')) lines.push(await idleMemory(values.quick ? 10 : 100));
if (isWanted('14')) lines.push(...(await noisyNeighbour(values.quick ? 1_000 : 4_000)));
if (isWanted('iam')) lines.push(...(await decisions(Math.ceil(100 * share))));
if (isWanted('s3')) lines.push(...(await s3(Math.ceil(200 * share), values.quick)));
if (isWanted('13')) lines.push(...(await durableAccepts(Math.ceil(10 * share))));
if (isWanted('sqs'))
  lines.push(...(await sqs(Math.ceil(200 * share), values.quick ? 5_000 : 50_000)));
if (isWanted('13b')) {
  lines.push(...(await eventAges(values.quick ? 400 : 4_000, values.quick ? 100_000 : 1_000_000)));
}

const machine = `${os.cpus()[0]?.model ?? 'unknown CPU'}, ${os.availableParallelism()} cores, Linux ${os.release()}, Node ${process.versions.node}`;
console.log(`\n${machine}\n\n${table(lines)}\n`);

const folder = path.resolve(import.meta.dirname, 'results');
await mkdir(folder, { recursive: true });
const file = path.join(folder, `${new Date().toISOString().replaceAll(':', '-')}.json`);
await writeFile(file, `${JSON.stringify({ machine, lines }, null, 2)}\n`);
console.log(`numbers: ${path.relative(process.cwd(), file)}`);
