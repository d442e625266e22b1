/**
 * Brings functions from Pending to Active and updates from InProgress to Successful, after the
 * answer to the caller: makes sure that the volumes of code and layers are intact and that the
 * runtime is installed, then stores the outcome. The record says what is under way, so a restart takes it
 * up again.
 */
import { RuntimeUnavailable, type RuntimeCatalogue } from '@hearth/runtimes';
import type { CodeStore } from '../../code/code-store.ts';
import {
  isSettled,
  stepFunction,
  type FunctionEvent,
  type FunctionFailure,
} from '../../core/function-state.ts';
import { functionArn } from '../../core/function-version.ts';
import type { Invoker } from '../../core/invocation.ts';
import type {
  FunctionRecord,
  FunctionSettings,
  PublishedVersion,
} from '../../functions/function-record.ts';
import type { FunctionRepository } from '../../functions/function-repository.ts';
import type { LayerRepository } from '../../functions/layer-repository.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Logger } from '../../lib/logger.ts';
import type { FunctionImages } from './images/function-images.ts';
import { ImageProblem } from './images/image-problem.ts';
import { releaseSettings } from './kept-code.ts';

export interface Settler {
  /** Starts what is left to do for it and its versions; the outcome is in the record. */
  settle(record: FunctionRecord): void;
  /** Takes up everything that a stop interrupted. */
  resume(): void;
  /** Resolves when nothing is under way any more. */
  drain(): Promise<void>;
}

export interface SettlerDependencies {
  readonly functions: FunctionRepository;
  readonly layers: LayerRepository;
  readonly code: CodeStore;
  readonly images: FunctionImages;
  readonly runtimes: RuntimeCatalogue;
  readonly invoker: Invoker;
  readonly ids: Ids;
  readonly logger: Logger;
}

export function createSettler(deps: SettlerDependencies): Settler {
  const underWay = new Set<Promise<void>>();
  const run = (record: FunctionRecord, work: Promise<void>): void => {
    const watched = work
      .catch((error: unknown) => {
        // The disk failed: what is left to do is in the record, and the next start does it.
        deps.logger.error('function was not settled', { function: functionArn(record), error });
      })
      .finally(() => underWay.delete(watched));
    underWay.add(watched);
  };
  const settle = (record: FunctionRecord): void => {
    if (!isSettled(record.state)) run(record, settleOne(deps, record));
    for (const version of record.versions ?? []) {
      if (!isSettled(version.state)) run(record, settleVersion(deps, record, version));
    }
  };
  return {
    settle,
    resume: () => {
      for (const record of deps.functions.all()) {
        const isImage = record.latest.image !== undefined;
        if (!isImage && record.state.kind !== 'failed' && isSettled(record.state)) {
          deps.invoker.expect(record.latest);
        }
        settle(record);
      }
    },
    drain: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

async function settleOne(deps: SettlerDependencies, started: FunctionRecord): Promise<void> {
  const event = await prepare(deps, started, started.latest);
  for (;;) {
    const record = deps.functions.find(started);
    // Deleted, or deleted and created again: not ours any more. (Permissions and versions that
    // came meanwhile change the revision, never the settings.)
    if (record?.latest !== started.latest) return;
    const state = stepFunction(record.state, event);
    if (state === undefined) return;
    const { serving, ...rest } = record;
    const next = { ...rest, state, revisionId: deps.ids.uuid() };
    const keptServing = event.kind === 'failed' && serving !== undefined ? { serving } : {};
    // False when tags changed in the meantime: look again.
    if (!(await deps.functions.replace(record, { ...next, ...keptServing }))) continue;
    await finish(deps, record, event);
    return;
  }
}

/** AWS: a version is Pending for a moment too, and has a revision of its own. */
async function settleVersion(
  deps: SettlerDependencies,
  started: FunctionRecord,
  published: PublishedVersion,
): Promise<void> {
  const event = await prepare(deps, started, published.settings);
  for (;;) {
    const record = deps.functions.find(started);
    const version = record?.versions?.find(({ settings }) => settings === published.settings);
    if (record === undefined || version === undefined) return;
    const state = stepFunction(version.state, event);
    if (state === undefined) return;
    const settled = { ...version, state, revisionId: deps.ids.uuid() };
    const versions = record.versions?.map((each) => (each === version ? settled : each)) ?? [];
    if (await deps.functions.replace(record, { ...record, versions })) return;
  }
}

async function prepare(
  deps: SettlerDependencies,
  record: FunctionRecord,
  settings: FunctionSettings,
): Promise<FunctionEvent> {
  try {
    if (settings.image !== undefined) {
      await deps.images.prepare(settings.image);
      return { kind: 'settled' };
    }
    await Promise.all([
      deps.code.volume(settings.code),
      deps.code.layerVolume((settings.layers ?? []).map(({ code }) => code)),
      deps.runtimes.install(settings.runtime),
    ]);
    return { kind: 'settled' };
  } catch (error) {
    deps.logger.error('function cannot run', { function: functionArn(record), error });
    return { kind: 'failed', failure: failureOf(error) };
  }
}

function failureOf(error: unknown): FunctionFailure {
  if (error instanceof RuntimeUnavailable) return { code: 'InvalidRuntime', reason: error.message };
  if (error instanceof ImageProblem) return { code: error.code, reason: error.message };
  return { code: 'InternalError', reason: 'The function could not be prepared to run.' };
}

/** Environments and code of what was served before are not needed any more. */
async function finish(
  deps: SettlerDependencies,
  record: FunctionRecord,
  event: FunctionEvent,
): Promise<void> {
  const { serving, latest } = record;
  if (event.kind === 'settled' && latest.image === undefined) deps.invoker.expect(latest);
  if (event.kind !== 'settled' || serving === undefined) return;
  deps.invoker.retire(functionArn(record), latest.incarnation);
  await releaseSettings(deps, [serving]);
}
