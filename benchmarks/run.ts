/**
 * `npm run bench`: the scoreboard, as ratios against controls of the same run. Prints a table and
 * keeps the numbers in benchmarks/results/. `--quick` takes a tenth of the samples, `--rows 6,7`
 * only some. Never part of the tests.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { coldStarts } from './rows/cold-start.ts';
import { decisions } from './rows/decision.ts';
import { warm } from './rows/warm.ts';
import { table, type Line } from './scoreboard.ts';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, rows: { type: 'string' } },
});
const share = values.quick ? 0.1 : 1;
const wanted = values.rows?.split(',') ?? ['1', '2', '6', '7', 'iam'];
const isWanted = (...rows: readonly string[]): boolean => rows.some((row) => wanted.includes(row));

const lines: Line[] = [];
if (isWanted('1', '2')) lines.push(...(await coldStarts(Math.ceil(200 * share))));
if (isWanted('6', '7')) lines.push(...(await warm(Math.ceil(20 * share))));
if (isWanted('iam')) lines.push(...(await decisions(Math.ceil(100 * share))));

const machine = `${os.cpus()[0]?.model ?? 'unknown CPU'}, ${os.availableParallelism()} cores, Linux ${os.release()}, Node ${process.versions.node}`;
console.log(`\n${machine}\n\n${table(lines)}\n`);

const folder = path.resolve(import.meta.dirname, 'results');
await mkdir(folder, { recursive: true });
const file = path.join(folder, `${new Date().toISOString().replaceAll(':', '-')}.json`);
await writeFile(file, `${JSON.stringify({ machine, lines }, null, 2)}\n`);
console.log(`numbers: ${path.relative(process.cwd(), file)}`);
