// `npm run check`: the contract of a commit. Types, lint, format, layers, then the unit tests
// (`--quick` leaves those out). Runs under the Node that npm's packages brought.
import { spawnSync } from 'node:child_process';

const quick = process.argv.includes('--quick');
const steps = [
  { name: 'types', command: 'tsc', args: ['--noEmit'] },
  { name: 'lint', command: 'oxlint', args: ['--type-aware', '--deny-warnings'] },
  { name: 'format', command: 'oxfmt', args: ['--check'] },
  { name: 'options page', command: 'node', args: ['scripts/write-options.ts', '--check'] },
  { name: 'reference pages', command: 'node', args: ['scripts/write-reference.ts', '--check'] },
  { name: 'dead code', command: 'knip', args: ['--no-progress'] },
  { name: 'layers', command: 'node', args: ['scripts/check-layers.mjs'] },
  { name: 'unit tests', command: 'vitest', args: ['run', '--project', 'unit'], isSlow: true },
];

const failed = [];
for (const { name, command, args } of steps.filter((step) => !quick || step.isSlow !== true)) {
  const startedAt = performance.now();
  const { status } = spawnSync(`node_modules/.bin/${command}`, args, { stdio: 'inherit' });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) {
  console.error(`check failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
