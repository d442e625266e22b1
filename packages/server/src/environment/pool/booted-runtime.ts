/**
 * A managed runtime that runs already and has no function yet: its process waits for the one
 * assignment that it will ever get. Whatever it prints before then is nobody's and is dropped.
 */
import type { RuntimeInstallation } from '@hearth/runtimes';
import type { Limits } from '../../core/adjustable-limits.ts';
import type { Sandbox, SandboxProgram } from '../../sandbox/driver.ts';
import { bootVariables } from '../environment-variables.ts';
import { XRAY_DAEMON } from '../sandbox-shape.ts';
import { RuntimeSession, type RuntimeListener } from '../runtime-api/runtime-session.ts';
import type { ParkedSandbox } from './parked-sandbox.ts';
import type { PoolMember } from './pool-member.ts';

export interface Assignment {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** One that has to share its CPUs with work may take long; one that hangs must not stay. */
const BOOT_LIMIT_MS = 30_000;

export class BootedRuntime implements PoolMember {
  readonly sandbox: Sandbox;
  readonly session: RuntimeSession;
  readonly #output: Output;

  constructor(sandbox: Sandbox, session: RuntimeSession, output: Output) {
    this.sandbox = sandbox;
    this.session = session;
    this.#output = output;
  }

  /** Its process lives, waits, and has not said a word. */
  get isReady(): boolean {
    return this.session.isAssignable && !this.#output.isSoiled;
  }

  /** From here on its output and its calls are those of a function. Once. */
  assign(
    listener: RuntimeListener,
    onOutput: SandboxProgram['onOutput'],
    assignment: Assignment,
  ): void {
    this.#output.receiver = onOutput;
    this.session.assign(listener, Buffer.from(JSON.stringify(assignment)));
  }

  async destroy(reason: string): Promise<void> {
    this.session.end();
    try {
      await this.sandbox.destroy(reason);
    } finally {
      this.session.cut();
    }
  }
}

/** Resolves when it waits for its function; when it rejects nothing of it is left, nor of `parked`. */
export async function bootRuntime(
  parked: ParkedSandbox,
  installation: RuntimeInstallation,
  { limits, signal }: { readonly limits: Limits; readonly signal: AbortSignal },
): Promise<BootedRuntime> {
  const waits = Promise.withResolvers<void>();
  const session = new RuntimeSession({ onBooted: () => waits.resolve() }, limits);
  const { sandbox } = parked;
  parked.attach(session);
  const output = new Output();
  const booted = new BootedRuntime(sandbox, session, output);
  try {
    // What nobody waits for takes only what is left over.
    await sandbox.yieldCpus(true);
    await sandbox.start(programOf(sandbox, installation, output));
    await until(waits.promise, sandbox, signal);
    await sandbox.yieldCpus(false);
    return booted;
  } catch (error) {
    await booted.destroy('it did not boot');
    throw error;
  }
}

function programOf(
  sandbox: Sandbox,
  installation: RuntimeInstallation,
  output: Output,
): SandboxProgram {
  return {
    argv: installation.argv,
    env: bootVariables({
      installation,
      runtimeApi: sandbox.address('runtime-api'),
      awsEndpoint: sandbox.address('aws-endpoint'),
      xrayDaemon: sandbox.address(XRAY_DAEMON),
    }),
    userEnv: {},
    cwd: '/var/task',
    mounts: installation.mounts,
    onOutput: (stream, chunk) => output.write(stream, chunk),
  };
}

async function until(waits: Promise<void>, sandbox: Sandbox, signal: AbortSignal): Promise<void> {
  const { promise: limit, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('It did not boot in time.')), BOOT_LIMIT_MS);
  const stop = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  const ended = sandbox.exited.then((exit) => {
    throw new Error(`It ended while it booted (${exit.signal ?? exit.code}).`);
  });
  try {
    await Promise.race([waits, ended, limit]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    // It will end one day, and by then nobody waits for this.
    ended.catch(() => {});
  }
}

/** Where a program's output goes, which is not known when it starts. */
class Output {
  receiver: SandboxProgram['onOutput'] | undefined;
  isSoiled = false;

  write(stream: 'stdout' | 'stderr', chunk: Uint8Array): void {
    if (this.receiver === undefined) this.isSoiled = true;
    else this.receiver(stream, chunk);
  }
}
