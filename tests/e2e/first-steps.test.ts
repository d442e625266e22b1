/** The three commands that the start message shows, executed exactly as they stand. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { tryCommands } from '../../packages/server/src/server/welcome.ts';
import { runCommand } from '../../packages/testkit/src/run-command.ts';
import { repository, startServer } from '../../packages/testkit/src/start-server.ts';

test('the README shows the commands of the start message', async () => {
  const readme = await readFile(path.join(repository, 'README.md'), 'utf8');
  const block = /```sh\n([^]*?)```/.exec(readme)?.[1];
  expect(block).toBe(`${tryCommands('http://127.0.0.1:4566').join('\n')}\n`);
});

test('the commands of the start message do the main job', async () => {
  await using server = await startServer();
  const block = /in another terminal:\n\n([^]*?)\n\n  Ctrl-C/.exec(server.output())?.[1] ?? '';
  expect(block.match(/# \d\. /g)).toHaveLength(3);
  // Debian's aws CLI comes before others that the machine may have.
  const script = `set -e\nexport PATH=/usr/bin:$PATH\n${block}`;
  const result = await runCommand(['bash', '-c', script], { cwd: repository, timeoutMs: 150_000 });
  expect(result).toMatchObject({ status: 0 });
  expect(result.stdout).toContain('Hello, world!');
  expect(result.stdout).toContain('REPORT RequestId');
});
