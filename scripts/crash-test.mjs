// `npm run crash-test`: set up what is missing, then kill a server again and again under Node 26.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { root, setUp } from './setup.mjs';

const node = setUp();
const { status } = spawnSync(
  node,
  [path.join(root, 'benchmarks/crash-test.ts'), ...process.argv.slice(2)],
  {
    stdio: 'inherit',
  },
);
process.exitCode = status ?? 1;
