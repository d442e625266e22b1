/**
 * What the suites of sandboxes run in them, and how they wait for it: shell scripts, and Node where a
 * script cannot do it; the Node that runs the tests is mounted at /var/lang/bin.
 */
import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessExit } from '../core/outcome.ts';
import type { Sandbox, SandboxDriver, SandboxProgram, SandboxRequest } from './driver.ts';

export const NODE_MOUNT = {
  source: path.dirname(realpathSync(process.execPath)),
  target: '/var/lang/bin',
};

export function sandboxRequest(changes: Partial<SandboxRequest> = {}): SandboxRequest {
  return {
    id: `test-${randomBytes(4).toString('hex')}`,
    memoryMib: 256,
    cpus: 1,
    tmpMib: 512,
    // A kernel of its own (gVisor) has about 45 threads besides.
    maxProcesses: 256,
    maxFileDescriptors: 256,
    listeners: [],
    ...changes,
  };
}

export interface Capture {
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly onOutput: SandboxProgram['onOutput'];
}

function captureOutput(): Capture {
  const chunks = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  return {
    stdout: () => Buffer.concat(chunks.stdout).toString(),
    stderr: () => Buffer.concat(chunks.stderr).toString(),
    onOutput: (stream, chunk) => void chunks[stream].push(chunk),
  };
}

export function shell(script: string, ...argv: readonly string[]): Pick<SandboxProgram, 'argv'> {
  return { argv: ['/bin/sh', '-c', script, 'script', ...argv] };
}

export function nodeProgram(
  source: string,
  ...argv: readonly string[]
): Pick<SandboxProgram, 'argv' | 'mounts'> {
  const flags = ['--no-warnings', '-e', source];
  return { argv: ['/var/lang/bin/node', ...flags, ...argv], mounts: [NODE_MOUNT] };
}

export type Program = Pick<SandboxProgram, 'argv'> & Partial<SandboxProgram>;

export async function startProgram(sandbox: Sandbox, program: Program): Promise<Capture> {
  const output = captureOutput();
  const base = { env: { PATH: '/usr/bin:/bin' }, userEnv: {}, cwd: '/tmp', mounts: [] };
  await sandbox.start({ ...base, onOutput: output.onOutput, ...program });
  return output;
}

export interface Finished {
  readonly exit: ProcessExit;
  readonly stdout: string;
  readonly stderr: string;
}

/** Creates, runs to its end, destroys. */
export async function runProgram(
  driver: SandboxDriver,
  program: Program,
  changes: Partial<SandboxRequest> = {},
): Promise<Finished> {
  const sandbox = await driver.create(sandboxRequest(changes));
  try {
    const output = await startProgram(sandbox, program);
    const exit = await sandbox.exited;
    return { exit, stdout: output.stdout(), stderr: output.stderr() };
  } finally {
    await sandbox.destroy('the test is over');
  }
}

/** Longer than it takes on any machine, and shorter than a test may take. */
const UNTIL_MS = 50_000;

export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + UNTIL_MS;
  while (performance.now() < deadline) {
    if (await holds()) return;
    await sleep(10);
  }
  throw new Error('what the test waits for never came');
}

/** Processes of the whole machine whose arguments contain the text; zombies have none. */
export async function processesWith(text: string): Promise<number[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found: number[] = [];
  for (const name of names) {
    const command = await readFile(`/proc/${name}/cmdline`, 'latin1').catch(() => '');
    if (command.includes(text)) found.push(Number(name));
  }
  return found;
}

/** A number of seconds that no other `sleep` of this machine has. */
export function uniqueSleep(): string {
  return `98${randomBytes(4).readUInt32LE()}`;
}
