/** The three commands that the start message shows, executed exactly as they stand. */
import { expect, test } from 'vitest';
import { runCommand } from '../../packages/testkit/src/run-command.ts';
import { repository, startServer } from '../../packages/testkit/src/start-server.ts';

test('the commands of the start message do the main job', async () => {
  await using server = await startServer();
  const commands = server
    .output()
    .split('\n')
    .filter((line) => /^ {4}(export|aws|python3) /.test(line))
    .map((line) => line.trim());
  expect(commands).toHaveLength(4);
  // Debian's aws CLI comes before others that the machine may have.
  const script = ['set -e', 'export PATH=/usr/bin:$PATH', ...commands].join('\n');
  const result = await runCommand(['bash', '-c', script], { cwd: repository });
  expect(result).toMatchObject({ status: 0 });
  expect(result.stdout).toContain('Hello, world!');
  expect(result.stdout).toContain('REPORT RequestId');
});
