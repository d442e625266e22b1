import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { oneAtATime } from './one-at-a-time.mjs';

let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'hearth-one-at-a-time-'));
  lock = path.join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('two processes work one after the other, and the second says whom it waits for', async () => {
  const log = path.join(folder, 'log');
  const module = path.join(import.meta.dirname, 'one-at-a-time.mjs');
  const source = `import { appendFileSync } from 'node:fs';
import { oneAtATime } from ${JSON.stringify(module)};
const say = (what) => appendFileSync(${JSON.stringify(log)}, what + '\\n');
oneAtATime(${JSON.stringify(lock)}, () => {
  say('begin');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  say('end');
}, (pid) => say('waits ' + pid));`;
  const start = () => spawn(process.execPath, ['--input-type=module', '-e', source]);
  const both = [start(), start()];
  await Promise.all(both.map((each) => once(each, 'exit')));
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  const waits = lines.filter((line) => line.startsWith('waits'));
  expect(lines.filter((line) => !line.startsWith('waits'))).toEqual([
    'begin',
    'end',
    'begin',
    'end',
  ]);
  // The second may come when the first has ended.
  for (const line of waits) expect(both.map(({ pid }) => `waits ${pid}`)).toContain(line);
  expect(existsSync(lock)).toBe(false);
});

test('what a process has left that died is taken over, and a failure leaves nothing', () => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  writeFileSync(lock, String(pid));
  const done: string[] = [];
  oneAtATime(
    lock,
    () => done.push(readFileSync(lock, 'utf8')),
    () => done.push('waited'),
  );
  expect(done).toEqual([String(process.pid)]);
  expect(() =>
    oneAtATime(
      lock,
      () => {
        appendFileSync(path.join(folder, 'none', 'file'), '');
      },
      () => {},
    ),
  ).toThrow('ENOENT');
  expect(existsSync(lock)).toBe(false);
});
