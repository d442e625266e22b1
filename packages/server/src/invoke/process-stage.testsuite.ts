/** A stage over the process driver, for tests of this room that need functions that really run. */
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { InvocationRequest, InvocationResult } from '../core/invocation.ts';
import { functionArn, type FunctionVersion } from '../core/function-version.ts';
import { startStage, type Stage, type StageOptions } from '../environment/stage.testsuite.ts';
import { systemClock } from '../lib/clock.ts';
import { randomIds } from '../lib/ids.ts';
import { silentLogger } from '../lib/logger.ts';
import type { SandboxDriver } from '../sandbox/driver.ts';
import { startProcessDriver } from '../sandbox/process/start-process-driver.ts';

export class ProcessStages implements AsyncDisposable {
  /** Where its sandboxes see it, too. */
  readonly folder: string;
  readonly #driver: SandboxDriver;
  readonly #open: Stage[] = [];

  constructor(folder: string, driver: SandboxDriver) {
    this.folder = folder;
    this.#driver = driver;
  }

  async start(options: StageOptions = {}): Promise<Stage> {
    const stage = await startStage(this.#driver, this.folder, options);
    this.#open.push(stage);
    return stage;
  }

  async closeAll(): Promise<void> {
    for (const stage of this.#open.splice(0)) await stage.invoker.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.closeAll();
    await this.#driver.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export async function openProcessStages(): Promise<ProcessStages> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hearth-invoke-'));
  await mkdir(path.join(folder, 'code'));
  await copyFile(
    path.join(import.meta.dirname, '../environment/fixtures/behaviours.mjs'),
    path.join(folder, 'code/behaviours.mjs'),
  );
  const sandboxes = path.join(folder, 'sandboxes');
  return new ProcessStages(
    folder,
    await startProcessDriver({ folder: sandboxes, logger: silentLogger, clock: systemClock }),
  );
}

export function invokeWith(
  { invoker }: Pick<Stage, 'invoker'>,
  version: FunctionVersion,
  more: Partial<InvocationRequest> & { readonly event?: unknown } = {},
): Promise<InvocationResult> {
  const { event = {}, ...request } = more;
  return invoker.invoke({
    requestId: randomIds.uuid(),
    version,
    invokedArn: functionArn(version),
    payload: Buffer.from(JSON.stringify(event)),
    wantsLogTail: false,
    ...request,
  });
}
