/**
 * Starts what runs in a sandbox of its own function: the runtime alone, as the sandbox's first
 * program; or, where there are external extensions, a first program that does nothing, the
 * extensions beside it, and the runtime once all of them have registered.
 */
import type { BesideProgram, Sandbox, SandboxMount, SandboxProgram } from '../sandbox/driver.ts';
import { EXTENSIONS_FOLDER } from './find-extensions.ts';
import { extensionVariables } from './environment-variables.ts';
import type { EnvironmentLog } from './log/environment-log.ts';
import type { EnvironmentPlan } from './prepare-environment.ts';
import type { Readiness } from './readiness.ts';
import type { RuntimeSession } from './runtime-api/runtime-session.ts';
import { withWrapper } from './exec-wrapper.ts';
import type { Program, Programs } from './shut-down.ts';

export interface StartedPrograms extends Programs {
  /** Starts the runtime where it does not run yet. */
  startRuntime(): Promise<Program>;
}

export interface ProgramStart {
  readonly sandbox: Sandbox;
  readonly plan: EnvironmentPlan;
  readonly session: RuntimeSession;
  readonly readiness: Readiness;
  readonly log: EnvironmentLog;
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly SandboxMount[];
  readonly cwd: string;
}

/** Does nothing for longer than any environment lives. */
const HOLDER = ['/bin/sleep', '2000000000'] as const;

export async function startPrograms(start: ProgramStart): Promise<StartedPrograms> {
  const { sandbox, plan } = start;
  const seen = rootAndMounts(start);
  if (plan.extensions.length === 0) {
    await sandbox.start({ ...runtimeProgram(start), ...seen });
    return onlyRuntime(sandbox);
  }
  const base = { env: { PATH: '/usr/bin:/bin' }, userEnv: {}, cwd: '/', onOutput() {} };
  const argv = plan.image === undefined ? HOLDER : [];
  await sandbox.start({ ...base, argv, ...seen });
  const external = await startExtensions(start);
  let runtime: Program | undefined;
  return {
    external,
    get runtime() {
      return runtime;
    },
    async startRuntime() {
      runtime ??= await sandbox.exec(runtimeProgram(start));
      return runtime;
    },
  };
}

/** An image is the whole of what its programs see. */
function rootAndMounts({ plan, mounts }: ProgramStart): Pick<SandboxProgram, 'mounts' | 'root'> {
  return plan.image === undefined ? { mounts } : { mounts: [], root: plan.image.root };
}

/** Of a runtime that is the first program of its sandbox. */
export function onlyRuntime(sandbox: Sandbox): StartedPrograms {
  return { runtime: sandbox, external: [], startRuntime: async () => sandbox };
}

async function startExtensions(start: ProgramStart): Promise<Programs['external']> {
  const { plan, session, sandbox, readiness, env, log } = start;
  const external = session.extensions.all.filter(({ isExternal }) => isExternal);
  return await Promise.all(
    external.map(async (extension) => {
      const program = await sandbox.exec({
        argv: [`${EXTENSIONS_FOLDER}/${extension.name}`],
        env: extensionVariables(env),
        userEnv: extensionVariables(plan.version.environment),
        cwd: '/',
        onOutput: log.openExtensionOutput(),
      });
      readiness.watchProgram('extension', program);
      return { extension, program };
    }),
  );
}

function runtimeProgram({ plan, env, cwd, log }: ProgramStart): BesideProgram {
  const userEnv = plan.version.environment;
  return {
    argv: withWrapper(plan.installation.argv, plan.version),
    env,
    userEnv,
    cwd,
    onOutput: (stream, chunk) => log.write(stream, chunk),
  };
}
