/**
 * AWS's Shutdown phase, before everything left is killed: the runtime is asked to end, then the
 * external extensions are told why. Whoever has no extensions gets no time at all.
 */
import type { ProcessExit } from '../core/outcome.ts';
import type { Clock } from '../lib/clock.ts';
import type { SandboxProcess } from '../sandbox/driver.ts';
import type { Extension } from './extensions-api/extension.ts';
import type { ExtensionRegistry, ShutdownReason } from './extensions-api/extension-registry.ts';

export type Program = Pick<SandboxProcess, 'exited' | 'signal'>;

export interface Programs {
  /** Undefined until the external extensions have registered. */
  readonly runtime: Program | undefined;
  readonly external: readonly { readonly extension: Extension; readonly program: Program }[];
}

const INTERNAL_BUDGET_MS = 500;
const EXTERNAL_BUDGET_MS = 2_000;
/** AWS: as its emulator divides the time. */
const RUNTIME_SHARE = 0.3;

export async function shutDown(
  { runtime, external }: Programs,
  registry: ExtensionRegistry,
  reason: ShutdownReason,
  clock: Clock,
): Promise<void> {
  if (registry.all.length === 0) return;
  const budgetMs = external.length > 0 ? EXTERNAL_BUDGET_MS : INTERNAL_BUDGET_MS;
  const startedMs = clock.monotonicMs();
  const deadlineAtMs = clock.nowMs() + budgetMs;
  if (runtime !== undefined) {
    runtime.signal('SIGTERM');
    const exit = await within(budgetMs * RUNTIME_SHARE, runtime.exited);
    if (exit === undefined) runtime.signal('SIGKILL');
  }
  registry.shutdown(reason, deadlineAtMs);
  const leftMs = (): number => Math.max(0, budgetMs - (clock.monotonicMs() - startedMs));
  await Promise.all(
    external.map(async ({ extension, program }) => {
      if (extension.events.includes('SHUTDOWN')) await within(leftMs(), program.exited);
    }),
  );
}

async function within(
  limitMs: number,
  exited: Promise<ProcessExit>,
): Promise<ProcessExit | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), limitMs);
  try {
    return await Promise.race([exited, promise]);
  } finally {
    clearTimeout(timer);
  }
}
