/**
 * Functions that nobody invokes for long become Inactive, version by version: nothing is kept
 * ready for them, and the next invocation is refused, as on AWS, while it is made ready again.
 * When a function was used last is known since this start of the server; before, only when it was
 * changed. What has provisioned concurrency is never idle.
 */
import { functionArn } from '../../core/function-version.ts';
import { stepFunction, type FunctionEvent } from '../../core/function-state.ts';
import type { Invoker } from '../../core/invocation.ts';
import type { FunctionRecord, PublishedVersion } from '../../functions/function-record.ts';
import type { FunctionRepository } from '../../functions/function-repository.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Logger } from '../../lib/logger.ts';
import { versionOf } from './provisioned-target.ts';
import type { Settler } from './settler.ts';

export interface IdleWatch {
  used(record: FunctionRecord, published: PublishedVersion | undefined): void;
  /** Makes an inactive one ready again; resolves once it is Pending. */
  wake(record: FunctionRecord, published: PublishedVersion | undefined): Promise<void>;
  sweep(): Promise<void>;
  start(): void;
  close(): Promise<void>;
}

export interface IdleWatchDependencies {
  readonly functions: FunctionRepository;
  readonly invoker: Pick<Invoker, 'retire'>;
  readonly settler: Settler;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly inactiveAfterMs: number;
}

/** `undefined` stands for `$LATEST`. */
type Target = PublishedVersion | undefined;

const SWEEP_EVERY_MS = 3_600_000;

export function createIdleWatch(deps: IdleWatchDependencies): IdleWatch {
  const startedMs = deps.clock.nowMs();
  const usedMs = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<void> = Promise.resolve();
  const sweep = async (): Promise<void> => {
    if (deps.inactiveAfterMs === 0) return;
    const before = deps.clock.nowMs() - deps.inactiveAfterMs;
    const isIdle = (record: FunctionRecord, target: Target): boolean =>
      Math.max(
        startedMs,
        (target ?? record).lastModifiedMs,
        usedMs.get(functionArn(record, target?.version)) ?? 0,
      ) < before;
    for (const record of deps.functions.all()) {
      for (const target of [undefined, ...(record.versions ?? [])]) {
        if (isProvisioned(record, target) || !isIdle(record, target)) continue;
        if (await change(deps, record, target, { kind: 'idled' })) {
          deps.invoker.retire(functionArn(record, target?.version));
        }
      }
    }
    for (const [arn, ms] of usedMs) if (ms < before) usedMs.delete(arn);
  };
  return {
    used: (record, target) =>
      void usedMs.set(functionArn(record, target?.version), deps.clock.nowMs()),
    wake: async (record, target) => {
      const woken = await change(deps, record, target, { kind: 'woken' });
      if (woken !== undefined) deps.settler.settle(woken);
    },
    sweep,
    start: () => {
      timer = setInterval(() => {
        sweeping = sweep().catch((error: unknown) => {
          // The disk failed; the next time will do.
          deps.logger.error('idle functions were not marked', { error });
        });
      }, SWEEP_EVERY_MS);
      timer.unref();
    },
    close: async () => {
      clearInterval(timer);
      await sweeping;
    },
  };
}

function isProvisioned(record: FunctionRecord, target: Target): boolean {
  return (
    record.provisioned?.some(
      ({ qualifier }) => versionOf(record, qualifier) === target?.version,
    ) === true
  );
}

/** The record with that one step in it; undefined where the state does not allow it any more. */
async function change(
  { functions, ids }: IdleWatchDependencies,
  from: FunctionRecord,
  target: Target,
  event: FunctionEvent,
): Promise<FunctionRecord | undefined> {
  for (;;) {
    const record = functions.find(from);
    if (record === undefined) return undefined;
    const next = stepped(record, target?.version, event, ids.uuid());
    if (next === undefined) return undefined;
    // False when it changed just now: look again.
    if (await functions.replace(record, next)) return functions.find(record);
  }
}

function stepped(
  record: FunctionRecord,
  version: string | undefined,
  event: FunctionEvent,
  revisionId: string,
): FunctionRecord | undefined {
  if (version === undefined) {
    const state = stepFunction(record.state, event);
    return state === undefined ? undefined : { ...record, state, revisionId };
  }
  const published = record.versions?.find((each) => each.version === version);
  const state = published === undefined ? undefined : stepFunction(published.state, event);
  if (state === undefined) return undefined;
  const versions = record.versions?.map((each) =>
    each === published ? { ...each, state, revisionId } : each,
  );
  return { ...record, ...(versions === undefined ? {} : { versions }) };
}
