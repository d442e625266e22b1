/**
 * The aws CLI of Debian for tests that use it again and again: its modules take a second to load,
 * and here they are loaded once. A test that is about the program itself runs `/usr/bin/aws`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { CommandOptions, CommandResult } from './run-command.ts';

export interface AwsCli extends AsyncDisposable {
  /** One command line after the other, in the order of the calls. */
  run(
    argv: readonly string[],
    options: Pick<CommandOptions, 'env' | 'cwd'>,
  ): Promise<CommandResult>;
}

export function openAwsCli(): AwsCli {
  const { PATH, HOME } = process.env;
  const script = path.join(import.meta.dirname, 'loaded-aws-cli.py');
  const child = spawn('/usr/bin/python3', [script], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH, HOME },
  });
  const exited = once(child, 'exit');
  // It may end while it is written to; the answer that does not come says so.
  child.stdin.on('error', () => {});
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let last: Promise<unknown> = Promise.resolve();
  const ask = async (question: string): Promise<CommandResult> => {
    child.stdin.write(`${question}\n`);
    const { value, done } = await answers.next();
    if (done === true) throw new Error('the aws CLI ended before it had answered');
    return JSON.parse(value) as CommandResult;
  };
  return {
    run: (argv, { env, cwd = process.cwd() }) => {
      const question = JSON.stringify({ argv, env: { PATH, HOME, ...env }, cwd });
      const answer = last.then(() => ask(question));
      last = answer.catch(() => {});
      return answer;
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await exited;
    },
  };
}
