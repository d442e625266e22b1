/** Starts one program of a sandbox without isolation, in a session of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import type { ProcessExit } from '../../core/outcome.ts';
import { SandboxFailure, type BesideProgram } from '../driver.ts';
import { collectOutput } from './collect-output.ts';

// The limits are the shell's to set, because Node cannot; a lower hard limit of our own stays.
const LIMITED = 'ulimit -c 0 2>/dev/null; ulimit -n "$0" 2>/dev/null; exec "$@"';

export interface SpawnedProgram {
  readonly child: ChildProcess;
  /** Resolves when it has been executed. */
  readonly executed: Promise<void>;
  /** Settles once it has ended and its output was delivered; never rejects. */
  readonly exited: Promise<ProcessExit>;
}

export interface Surroundings {
  /** Makes the paths of the inside those of the host. */
  readonly translate: (text: string) => string;
  /** What the platform sets on top of the program's own variables. */
  readonly env: Readonly<Record<string, string>>;
  readonly maxFileDescriptors: number;
}

export function spawnProgram(
  program: BesideProgram,
  { translate, maxFileDescriptors, ...own }: Surroundings,
): SpawnedProgram {
  const env: Record<string, string> = { ...program.userEnv };
  for (const [name, value] of Object.entries(program.env)) env[name] = translate(value);
  const cwd = translate(program.cwd);
  const argv = ['-c', LIMITED, String(maxFileDescriptors), ...program.argv.map(translate)];
  const child = spawn('/bin/sh', argv, {
    cwd,
    env: { ...env, ...own.env },
    // A session of its own: what the program starts stays findable, and ^C does not reach it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collectOutput({ stdout: child.stdout, stderr: child.stderr }, program.onOutput);
  const exited = Promise.withResolvers<ProcessExit>();
  const executed = Promise.withResolvers<void>();
  child.once('spawn', () => executed.resolve());
  child.once('exit', (code, signal) => {
    void output.drained().then(() => exited.resolve({ code, signal, outOfMemory: false }));
  });
  child.once('error', (cause) => {
    exited.resolve({ code: null, signal: null, outOfMemory: false });
    executed.reject(new SandboxFailure(`The program could not be started in ${cwd}.`, { cause }));
  });
  return { child, executed: executed.promise, exited: exited.promise };
}
