// `npm run check`: the contract of a commit. Types, lint, format, layers, then the unit tests.
import { spawnSync } from 'node:child_process';

const quick = process.argv.includes('--quick');
const steps = [
  ['types', 'tsc', ['--noEmit']],
  ['lint', 'oxlint', ['--type-aware', '--deny-warnings']],
  ['format', 'oxfmt', ['--check']],
  ['layers', 'node', ['scripts/check-layers.mjs']],
  ['unit tests', 'vitest', ['run', '--project', 'unit']],
];

const failed = [];
for (const [name, command, args] of quick ? steps.slice(0, 4) : steps) {
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
