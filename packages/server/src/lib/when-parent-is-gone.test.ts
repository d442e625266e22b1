import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const LIBRARY = path.join(import.meta.dirname, 'when-parent-is-gone.ts');

let folder: string;
let child: number | undefined;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-parent-'));
  await writeFile(
    path.join(folder, 'child.ts'),
    `import { createServer } from 'node:net';
     import { whenParentIsGone } from ${JSON.stringify(LIBRARY)};
     setInterval(() => {}, 1_000);
     whenParentIsGone(() => process.exit());
     const server = createServer().listen(0, '127.0.0.1', () => {
       if (process.argv[2] === 'sends-a-handle') process.send('handle', server);
     });`,
  );
  // Tells the child's number; of a child that sends a handle it hears nothing, and acknowledges nothing.
  await writeFile(
    path.join(folder, 'parent.ts'),
    `import { fork } from 'node:child_process';
     const child = fork(new URL('child.ts', import.meta.url), process.argv.slice(2));
     process.send({ pid: child.pid });
     if (process.argv[2] === 'sends-a-handle') {
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
       process.kill(process.pid, 'SIGKILL');
     }`,
  );
});

afterEach(async () => {
  if (child !== undefined && existsSync(`/proc/${child}`)) process.kill(child, 'SIGKILL');
  await rm(folder, { recursive: true });
});

async function pidOfChild(parent: ChildProcess): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  parent.once('message', (message) => resolve((message as { readonly pid: number }).pid));
  return await promise;
}

test.each(['sends-nothing', 'sends-a-handle'])(
  'a child that %s ends when its parent is killed',
  async (what) => {
    const parent = fork(path.join(folder, 'parent.ts'), [what]);
    const pid = await pidOfChild(parent);
    child = pid;
    if (what === 'sends-nothing') {
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(existsSync(`/proc/${pid}`)).toBe(true);
      parent.kill('SIGKILL');
    }
    await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 15_000 }).toBe(false);
  },
);
