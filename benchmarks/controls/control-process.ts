/** A control in a process of its own: a program that prints the port that it serves on loopback. */
import { spawn } from 'node:child_process';

export interface ControlProcess extends AsyncDisposable {
  readonly endpoint: string;
  readonly pid: number;
}

/** `argv`: what follows the interpreter. */
export async function startControlProcess(argv: readonly string[]): Promise<ControlProcess> {
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString('utf8').trim()));
    child.once('error', reject);
  });
  return {
    endpoint: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
