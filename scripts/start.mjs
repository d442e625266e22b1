// `npm start`: set up what is missing, then run the server under Node 26 in the foreground.
// Arguments go to the server: `npm start -- --port 5000`; `--no-install` keeps the set-up from
// installing anything, `--dev` (`npm run dev`) starts the server again when a source file changes.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { compileOnce, withCompiled } from './compiled.mjs';
import { root, setUp } from './setup.mjs';

const args = process.argv.slice(2);
const node = setUp({ mayInstall: !args.includes('--no-install') });
const main = path.join(root, 'packages/server/src/main.ts');
await compileOnce(node, main);
const own = ['--no-install', '--dev'];
// glibc gives each of some twenty threads memory of its own and keeps what they free: 30 MB after uploads.
const usual = { MALLOC_ARENA_MAX: '2' };
const server = spawn(
  node,
  [
    ...(args.includes('--dev') ? ['--watch', '--watch-preserve-output'] : []),
    main,
    ...args.filter((each) => !own.includes(each)),
  ],
  { stdio: 'inherit', env: withCompiled({ ...usual, ...process.env }) },
);

// The terminal sends ^C to the whole group; anything else comes here alone and is passed on.
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => server.kill(signal));
process.on('SIGINT', () => {});
server.on('exit', (code, signal) => {
  process.exitCode = code ?? 1;
  if (signal !== null) console.error(`The server was ended by ${signal}, and did not drain.`);
});
