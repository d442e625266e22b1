/** Lambda's API, as far as Hearth serves it. */
import { awsLimits } from '../../core/adjustable-limits.ts';
import { ACCOUNT_CONCURRENCY, INACTIVE_AFTER_MS } from '../../core/limits.ts';
import { serviceOf, type Service } from '../../core/operation.ts';
import type { Architecture } from '../../core/function-version.ts';
import { KeyedLock } from '../../lib/keyed-lock.ts';
import { closeable, type Closeable } from '../../lib/lifetime.ts';
import type { RawResponse } from '../../wire/raw-message.ts';
import { createEventPumps, type EventPumps } from '../../invoke/async/event-pumps.ts';
import { performEvent } from './async/perform-event.ts';
import { isEventPlace } from './async/stored-event.ts';
import { createRunner } from './event-sources/create-runner.ts';
import { troubledMappings, type TroubledMapping } from './event-sources/troubled-mappings.ts';
import { createCodeLinks, type CodeLinks } from './code-links.ts';
import { createUrlDoor } from './function-urls/url-door.ts';
import type { FunctionUrls } from './function-urls/url-door.ts';
import { createIdleWatch } from './idle-watch.ts';
import { answerImport, type ImportRequest } from './import-layer.ts';
import { isCodeKept } from './kept-code.ts';
import { countLambda, type LambdaCounts } from './lambda-counts.ts';
import type { AsyncCounts, LambdaRoom, LambdaServiceDependencies } from './lambda-deps.ts';
import { operationsOf } from './operations.ts';
import { applyProvisioned } from './provisioned-target.ts';
import { createSettler } from './settler.ts';
import { Sampler } from './tracing.ts';

export interface LambdaService extends Service, Closeable {
  /**
   * Before the first request, once: takes up functions that a stop left Pending or InProgress,
   * and removes code that no function refers to.
   */
  resume(): Promise<void>;
  /** Makes Inactive what nobody has invoked for long; done by itself from time to time. */
  sweepIdle(): Promise<void>;
  /** Once the gateway listens, which functions may call in their init: what is provisioned begins. */
  provision(): void;
  /** The first of all that ends: takes nothing more from event sources, waits for what it took. */
  stopPolling(): Promise<void>;
  /** Answers `/_hearth/code/...`, the addresses in `Code.Location`; undefined for other paths. */
  readonly answerOwnPath: CodeLinks['answer'];
  /** Answers `/_hearth/layers`. */
  readonly answerImport: (request: ImportRequest) => Promise<RawResponse | undefined>;
  /** What the gateway serves under the hosts and paths of function URLs. */
  readonly functionUrls: FunctionUrls;
  /** What could not be told to destinations and dead-letter queues. */
  readonly asyncCounts: Readonly<AsyncCounts>;
  /** What waits and goes on beside the requests. */
  counts(): LambdaCounts;
  /** Mappings whose sources cannot be read now. */
  troubledMappings(): readonly TroubledMapping[];
}

/** `close()` waits until nothing is being prepared; the store must still be open then. */
export function createLambdaService(deps: LambdaServiceDependencies): LambdaService {
  const settler = createSettler(deps);
  const links = createCodeLinks(deps);
  const defaults = {
    architecture: architectureHere(),
    accountConcurrency: ACCOUNT_CONCURRENCY,
    limits: awsLimits,
    random: Math.random,
    inactiveAfterMs: INACTIVE_AFTER_MS,
    asyncRetryMs: ASYNC_RETRY_MS,
    drainMs: DRAIN_MS,
  };
  const idleWatch = createIdleWatch({ ...defaults, ...deps, settler });
  const events = createEvents(deps, () => room);
  const mappingRunner = createRunner(deps, () => room, deps.drainMs ?? DRAIN_MS);
  const room: LambdaRoom = {
    ...defaults,
    ...deps,
    settler,
    idleWatch,
    links,
    concurrencyLock: new KeyedLock(),
    mappingLock: new KeyedLock(),
    mappingRunner,
    events,
    sampler: new Sampler(),
    asyncCounts: { destinationDeliveryFailures: 0, deadLetterErrors: 0 },
  };
  return {
    ...serviceOf('lambda', operationsOf(room)),
    ...closeable(async () => {
      await mappingRunner.close();
      await events.close();
      await idleWatch.close();
      await settler.drain();
    }),
    resume: async () => {
      // What a quarantined record refers to is not known: then everything is kept.
      if (deps.functions.quarantinedRows + deps.layers.damagedRows === 0) {
        await deps.code.retainOnly((sha256) => isCodeKept(deps, sha256));
        await deps.images.retainOnly((digest) => deps.functions.refersToImage(digest));
      }
      settler.resume();
      idleWatch.start();
    },
    sweepIdle: () => idleWatch.sweep(),
    provision: () => {
      for (const record of deps.functions.all()) applyProvisioned(room, record);
      void wakeAll(room);
      for (const mapping of deps.mappings.all()) mappingRunner.follow(mapping);
    },
    stopPolling: () => mappingRunner.close(),
    answerOwnPath: (request) => links.answer(request),
    answerImport: (request) => answerImport(room, request),
    functionUrls: createUrlDoor(room),
    asyncCounts: room.asyncCounts,
    counts: () => countLambda(room),
    troubledMappings: () => troubledMappings(room),
  };
}

const DRAIN_MS = 3_000;
/** AWS: one minute. */
const ASYNC_RETRY_MS = 60_000;

function createEvents(deps: LambdaServiceDependencies, room: () => LambdaRoom): EventPumps {
  return createEventPumps({
    ...deps,
    ready: reclaimEvents(deps),
    perform: (place, entry, onTried) => performEvent(room(), place, entry, onTried),
  });
}

/** This server holds the data alone: what another had in its hands, nobody has any more. */
async function reclaimEvents({ queue, logger }: LambdaServiceDependencies): Promise<void> {
  try {
    await queue.loaded;
    for (const place of queue.names().filter(isEventPlace)) await queue.reclaim(place);
  } catch (error) {
    // They are visible again within a minute.
    logger.warn('events could not be reclaimed', { error });
  }
}

async function wakeAll({ queue, events }: LambdaRoom): Promise<void> {
  await queue.loaded.catch(() => {});
  for (const place of queue.names().filter(isEventPlace)) events.wake(place);
}

function architectureHere(): Architecture {
  return process.arch === 'arm64' ? 'arm64' : 'x86_64';
}
