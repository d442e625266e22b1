/**
 * The processes that an OCI runtime is told to execute for a program: what stands between the two is
 * a shell. Pure.
 */
import type { SandboxProgram } from '../driver.ts';

/** A program with its variables as one set. */
export interface ProgramProcess {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

export type AskedProgram = Pick<SandboxProgram, 'argv' | 'env' | 'userEnv' | 'cwd'>;

/**
 * PID 1 of the sandbox. The kernel keeps signals away from a first process that has no handler
 * for them, so the program must be the second: then a signal that it sends itself, or a crash,
 * ends it as anywhere else. It also buries orphans, and passes SIGTERM on.
 *
 * A program killed by signal n makes it exit with 128 + n, as one that exits with that status. Which
 * of both it was stands in the name that it gives itself then (`EXITED`): nobody but a process
 * itself can change its name.
 */
const INIT_SCRIPT = [
  `"$@" <&0 &`,
  'program=$!',
  // A shell would announce the death of its child ("Killed") among the program's own output.
  'exec 2>/dev/null',
  // Last: from here on SIGTERM is passed on, and the helper holds it back until it sees the trap.
  `trap 'asked=1; kill -TERM "$program" 2>/dev/null' TERM`,
  'while asked=; wait "$program"; status=$?; [ -n "$asked" ]; do :; done',
  '[ "$status" -gt 128 ] && jobs >/proc/self/comm',
  'exit "$status"',
].join('\n');

/** How the name begins after an exit; after a signal it tells the signal. As dash words its jobs. */
export const EXITED = '[1] + Done(';

/** What waits for its program instead: see `helper/waiting-shell.ts`. */
export const WAITING_PROCESS: ProgramProcess = { argv: ['/bin/sh'], env: {}, cwd: '/' };

/** How the host's programs are started in a sandbox whose root is not made of the host's programs. */
export interface HostPrograms {
  readonly shell: readonly string[];
  readonly env: readonly string[];
  readonly sleep: readonly string[];
}

/** The sandbox's first program, below an init. `host` is for a sandbox with a root of its own. */
export function firstProcess(program: AskedProgram, host?: HostPrograms): ProgramProcess {
  if (host !== undefined) return throughHost(program, host, 'init', INIT_SCRIPT);
  return inShell(program, 'init', INIT_SCRIPT);
}

/** A program beside the first. */
export function besideProcess(program: AskedProgram, host?: HostPrograms): ProgramProcess {
  if (host !== undefined) return throughHost(program, host, 'exec', 'exec "$@"');
  return inShell(program, 'exec', 'exec "$@"');
}

function inShell(
  { argv, env, userEnv, cwd }: AskedProgram,
  name: string,
  script: string,
): ProgramProcess {
  const all = { ...userEnv, ...env };
  // OCI runtimes add the HOME of the user's entry; AWS's functions have none but their own.
  const text = 'HOME' in all ? script : `unset HOME\n${script}`;
  return { argv: ['/bin/sh', '-c', text, name, ...argv], env: all, cwd };
}

/**
 * The shell gets no variable of the program's, which may be meant for another loader (LD_PRELOAD);
 * `env` gives them to the program, and looks for it in the PATH among them. Where it starts is looked
 * at from inside too: nothing outside is to follow a path of a strange root.
 */
export function throughHost(
  { argv, env, userEnv, cwd }: AskedProgram,
  host: HostPrograms,
  name: string,
  script: string,
): ProgramProcess {
  const variables = Object.entries({ ...userEnv, ...env }).map((each) => each.join('='));
  const text = `cd -- "$1" || exit 126\nshift\n${script}`;
  const asked = argv.length === 0 ? [...host.sleep, FOR_EVER_SECONDS] : argv;
  const program = [...host.env, '-i', '--', ...variables, ...asked];
  return { argv: [...host.shell, '-c', text, name, cwd, ...program], env: {}, cwd: '/' };
}

/** Longer than any environment lives. */
const FOR_EVER_SECONDS = '2000000000';
