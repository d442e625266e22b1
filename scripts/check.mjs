// `npm run check`: the contract of a commit. Types, lint, format, layers, then the unit tests
// (`--quick` leaves those out). Runs under the Node that npm's packages brought.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const quick = process.argv.includes('--quick');
const steps = [
  { name: 'types', command: 'tsc', args: ['--noEmit'] },
  {
    name: 'lint',
    command: 'oxlint',
    args: ['--type-aware', '--deny-warnings', '--report-unused-disable-directives'],
  },
  { name: 'format', command: 'oxfmt', args: ['--check'] },
  { name: 'options page', command: 'node', args: ['scripts/write-options.ts', '--check'] },
  { name: 'reference pages', command: 'node', args: ['scripts/write-reference.ts', '--check'] },
  { name: 'dead code', command: 'knip', args: ['--no-progress'] },
  { name: 'layers', command: 'node', args: ['scripts/check-layers.mjs'] },
  { name: 'unit tests', command: 'vitest', args: ['run', '--project', 'unit'], isSlow: true },
];

const failed = [];
const left = steps.filter((step) => !quick || step.isSlow !== true);
// Two at a time: most of them keep one core busy.
await Promise.all([takeSteps(), takeSteps()]);
if (failed.length > 0) {
  console.error(`check failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}

async function takeSteps() {
  for (let step = left.shift(); step !== undefined; step = left.shift()) {
    const startedAt = performance.now();
    const { status, output } = await run(step);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    process.stdout.write(output);
    console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${step.name} (${seconds} s)`);
    if (status !== 0) failed.push(step.name);
  }
}

/** What it prints comes at its end, so that two do not mix; only the tests' is seen as it comes. */
async function run({ command, args, isSlow = false }) {
  const output = isSlow ? 'inherit' : 'pipe';
  const child = spawn(`node_modules/.bin/${command}`, args, { stdio: ['ignore', output, output] });
  const chunks = [];
  child.stdout?.on('data', (chunk) => chunks.push(chunk));
  child.stderr?.on('data', (chunk) => chunks.push(chunk));
  const [status] = await once(child, 'close');
  return { status, output: Buffer.concat(chunks) };
}
