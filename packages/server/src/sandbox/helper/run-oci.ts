/**
 * Runs `crun run --detach` or `crun exec --detach` (or runc's) and finds the process that it left:
 * the sandbox's first, or one beside it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { RuntimeCommand } from '../oci/protocol.ts';
import type { AdoptedChildren } from './children.ts';
import type { ChildEnd } from './children.ts';

/** Puts itself into the groups named before `--`, then becomes the OCI runtime. */
const JOIN_AND_EXEC =
  'while [ "$1" != -- ]; do echo 0 > "$1" || exit 125; shift; done; shift; exec "$@"';

export interface OciRun {
  readonly runtime: RuntimeCommand;
  /** `exec` starts what process.json says in a sandbox that runs. */
  readonly action: 'run' | 'exec';
  /** Holds config.json or process.json; the runtime's log and pid file are written here. */
  readonly bundle: string;
  readonly stateFolder: string;
  readonly name: string;
  /** Control groups that the runtime's processes are to be in. */
  readonly joinFiles: readonly string[];
  /**
   * Pipes, always: crun gives its streams to the sandbox's user, and with /dev/null as one of
   * them the host's own /dev/null would belong to a sandbox.
   */
  readonly stdio: { readonly stdin: number; readonly stdout: number; readonly stderr: number };
}

export interface RunningOci {
  /** The OCI runtime itself, while it runs. */
  readonly child: ChildProcess;
  /** Resolves with the process id of the new process once its program has been executed. */
  readonly started: Promise<number>;
}

export function runOci(run: OciRun): RunningOci {
  const { stdin, stdout, stderr } = run.stdio;
  const command = [run.runtime.path, ...runtimeArguments(run)];
  const argv = ['-c', JOIN_AND_EXEC, 'join', ...run.joinFiles, '--', ...command];
  const child = spawn('/bin/sh', argv, { cwd: '/', env: {}, stdio: [stdin, stdout, stderr] });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.once('error', reject);
  child.once('exit', (code, signal) => {
    const pid = code === 0 ? readPid(run.bundle) : undefined;
    if (pid === undefined) reject(new Error(explain(run, code, signal)));
    else resolve(pid);
  });
  return { child, started: promise };
}

/** Waits until the program runs, and from then on for its end, which `onStarted` says whom to tell. */
export async function adopt(
  { child, started }: RunningOci,
  children: AdoptedChildren,
  onStarted: (pid: number) => (end: ChildEnd) => void,
): Promise<void> {
  const runtimePid = child.pid ?? 0;
  children.nodeStarted(runtimePid);
  try {
    const pid = await started;
    children.watch(pid, onStarted(pid));
  } finally {
    children.nodeEnded(runtimePid);
    children.check();
  }
}

function runtimeArguments(run: OciRun): readonly string[] {
  const file = (name: string): string => path.join(run.bundle, name);
  const before = ['--root', run.stateFolder, '--log', file('log')];
  const what =
    run.action === 'run' ? ['--bundle', run.bundle] : ['--process', file('process.json')];
  const after = [run.action, '--detach', ...what, '--pid-file', file('pid'), run.name];
  switch (run.runtime.kind) {
    case 'crun':
      return [...before, '--cgroup-manager=disabled', ...after];
    case 'runsc':
      return [...before, '--ignore-cgroups', '--network=host', ...after];
    case 'runc':
    case 'kata':
      return [...before, ...after];
  }
}

/** None when the sandbox was destroyed meanwhile, and its folder with it. */
function readPid(bundle: string): number | undefined {
  try {
    return Number(readFileSync(path.join(bundle, 'pid'), 'latin1'));
  } catch {
    return undefined;
  }
}

function explain(run: OciRun, code: number | null, signal: string | null): string {
  const how = signal ?? `status ${code}`;
  return `${path.basename(run.runtime.path)} failed with ${how}: ${lastLine(run.bundle)}`;
}

function lastLine(bundle: string): string {
  try {
    const lines = readFileSync(path.join(bundle, 'log'), 'utf8').trim().split('\n');
    return lines.at(-1) ?? '';
  } catch {
    return 'it wrote no log';
  }
}
