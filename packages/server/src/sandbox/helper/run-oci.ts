/**
 * Runs `crun run --detach` or `crun exec --detach` (or runc's) and finds the process that it left:
 * the sandbox's first, or one beside it.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ChildEnd, Children } from './children.ts';
import type { SealedRuntime } from './seal-runtime.ts';
import { spawnProcess } from './spawn-process.ts';

/** Puts itself into the groups named before `--`, then becomes the OCI runtime. */
const JOIN_AND_EXEC =
  'while [ "$1" != -- ]; do echo 0 > "$1" || exit 125; shift; done; shift; exec "$@"';

export interface OciRun {
  readonly runtime: SealedRuntime;
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

/**
 * Starts it before it returns. Resolves once the program of the new process has been executed;
 * `onStarted` is called with its process id then, and says whom to tell of its end.
 */
export async function runOci(
  run: OciRun,
  children: Children,
  onStarted: (pid: number) => (end: ChildEnd) => void,
): Promise<void> {
  const command = [run.runtime.executable, ...runtimeArguments(run)];
  const argv = ['sh', '-c', JOIN_AND_EXEC, 'join', ...run.joinFiles, '--', ...command];
  await children.keepingEnds(async () => {
    const { promise: ended, resolve } = Promise.withResolvers<ChildEnd>();
    children.watch(spawnProcess({ path: '/bin/sh', argv, stdio: run.stdio }), resolve);
    const end = await ended;
    const pid = end.code === 0 ? readPid(run.bundle) : undefined;
    if (pid === undefined) throw new Error(explain(run, end));
    children.watch(pid, onStarted(pid));
  });
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
      // Without the last it does not look at the filter of system calls.
      return [...before, '--ignore-cgroups', '--network=host', '--oci-seccomp', ...after];
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

function explain(run: OciRun, { code, signal }: ChildEnd): string {
  const how = code === null ? `signal ${signal}` : `status ${code}`;
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
