// `npm test`: set up what is missing (the tests' clients too), check types, lint, format and
// layers, and run every test. The last line is the sum: `N passed, N failed, N skipped`.
// `npm test -- --project unit` and other vitest arguments are passed on.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { compileOnce, withCompiled } from './compiled.mjs';
import { root, setUp } from './setup.mjs';

const args = process.argv.slice(2).filter((each) => each !== '--all');
const node = setUp({ forTests: true });
const bin = path.join(root, 'node_modules/.bin');
// Threads and processes of the code under test are compiled once, too.
const env = withCompiled({
  ...process.env,
  PATH: `${path.dirname(node)}:${bin}:${process.env.PATH}`,
});

// Side by side: the checks have what the first tests leave while they wait for their servers, so
// no test is late for them.
const { PRIORITY_LOW } = os.constants.priority;
const checks = args.length > 0 ? 0 : run('scripts/check.mjs', ['--quick'], PRIORITY_LOW);
await compileOnce(node, path.join(root, 'packages/server/src/main.ts'));
const folder = mkdtempSync(path.join(os.tmpdir(), 'hearth-test-'));
const results = path.join(folder, 'results.json');
const tests = run('node_modules/vitest/vitest.mjs', [
  'run',
  '--reporter=default',
  '--reporter=./scripts/test-progress.ts',
  '--reporter=json',
  `--outputFile.json=${results}`,
  ...args,
]);
const [checked, tested] = await Promise.all([checks, tests]);

let summary = { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0 };
try {
  summary = JSON.parse(readFileSync(results, 'utf8'));
} catch (error) {
  console.error(`The test runner left no results: ${error.message}`);
}
rmSync(folder, { recursive: true, force: true });

const checksFailed = checked === 0 ? 0 : 1;
const failed =
  summary.numFailedTests + checksFailed + (tested !== 0 && summary.numFailedTests === 0 ? 1 : 0);
if (checksFailed > 0) console.log('npm run check failed; its message is above.');
console.log(
  `${summary.numPassedTests} passed, ${failed} failed, ${summary.numPendingTests + (summary.numTodoTests ?? 0)} skipped`,
);
process.exitCode = failed === 0 ? 0 : 1;

/** Resolves with its status; what it starts in its turn has the same priority. */
async function run(file, rest, priority) {
  const child = spawn(node, [path.join(root, file), ...rest], { cwd: root, env, stdio: 'inherit' });
  if (priority !== undefined && child.pid !== undefined) os.setPriority(child.pid, priority);
  const [status] = await once(child, 'exit');
  return status;
}
