// Where Node keeps what it has compiled of Hearth's TypeScript. With it a start takes a third less
// time and memory (170 MB instead of 270): the compiler, 13 MB in each thread, is not loaded at all.
// Node fills the folder when a server ends and compiles anew what has changed since.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from './setup.mjs';

const folder = path.join(root, 'node_modules/.cache/hearth-compiled');

/** @param {NodeJS.ProcessEnv} env */
export function withCompiled(env) {
  return { NODE_COMPILE_CACHE: folder, ...env };
}

/** Runs an empty server up to its welcome where nothing is kept yet, so that the first one has it. */
export async function compileOnce(node, main) {
  if (existsSync(folder)) return;
  const dataFolder = mkdtempSync(path.join(os.tmpdir(), 'hearth-compile-'));
  const args = ['--port', '0', '--isolation', 'process', '--data-dir', dataFolder];
  const server = spawn(node, [main, ...args], {
    env: withCompiled(ownEnvironment()),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise((resolve) => {
    server.once('error', resolve);
    server.once('exit', resolve);
  });
  server.stdout.once('data', () => server.kill('SIGTERM'));
  await ended;
  rmSync(dataFolder, { recursive: true, force: true });
}

/** Without the settings that are meant for the server which the user starts. */
function ownEnvironment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('HEARTH_')),
  );
}
