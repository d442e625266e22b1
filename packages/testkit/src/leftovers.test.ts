import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { leftoversWith } from './leftovers.ts';

/** Named like nothing that a server makes. */
const mark = `hearth-none-${process.pid}-`;

async function whileRunning(
  child: ChildProcess,
  look: (pid: number) => Promise<void>,
): Promise<void> {
  try {
    await once(child, 'spawn');
    await look(child.pid ?? 0);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

test('a process is found by its arguments, and no more once it has ended', async () => {
  const script = 'setInterval(() => {}, 1000)';
  const child = spawn(process.execPath, ['-e', script, `${mark}argument`], { stdio: 'ignore' });
  await whileRunning(child, async (pid) => {
    await expect
      .poll(() => leftoversWith([mark]))
      .toEqual([`process ${pid}: ${process.execPath} -e ${script} ${mark}argument `]);
  });
  expect(await leftoversWith([mark])).toEqual([]);
});

test('a process is found by its environment, where its temporary folder is named', async () => {
  const env = { PATH: process.env['PATH'], TMPDIR: `/tmp/${mark}folder` };
  const child = spawn('sleep', ['1000'], { stdio: 'ignore', env });
  await whileRunning(child, async (pid) => {
    await expect.poll(() => leftoversWith([mark])).toEqual([`process ${pid}: sleep 1000 `]);
  });
  expect(await leftoversWith([mark])).toEqual([]);
});
