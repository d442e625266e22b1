// `npm run bench`: set up what is missing, then run the scoreboard under Node 26.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { root, setUp } from './setup.mjs';

const node = setUp();
const { status } = spawnSync(
  node,
  [path.join(root, 'benchmarks/run.ts'), ...process.argv.slice(2)],
  {
    stdio: 'inherit',
  },
);
process.exitCode = status ?? 1;
