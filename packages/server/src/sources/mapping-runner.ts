/**
 * Keeps what runs in line with the mappings that are stored: a poller for each that is enabled.
 * What runs and what is wanted together are the state that is shown.
 *
 *     wanted     a poller runs   none runs
 *     enabled    Enabled         Enabling
 *     disabled   Disabling       Disabled      (batches under way end first)
 *     deleted    Deleting        Deleting      (then the record goes)
 */
import {
  eventSourceMappingArn,
  type EventSourceMappingRecord,
  type EventSourceMappings,
} from '../functions/event-source-mappings.ts';
import { closeable, type Closeable } from '../lib/lifetime.ts';
import type { Logger } from '../lib/logger.ts';
import type { Poller, PollerSettings, PollTrouble } from './poller.ts';
import { createRecordFilter } from './record-filter.ts';

export interface MappingRunner extends Closeable {
  /** The stored mapping is this one now: what runs is to follow. */
  follow(record: EventSourceMappingRecord): void;
  stateOf(record: EventSourceMappingRecord): MappingState;
  /** Why its poller takes nothing; undefined where it does, and where none runs. */
  troubleOf(record: EventSourceMappingRecord): PollTrouble | undefined;
}

export type MappingState = 'Enabling' | 'Enabled' | 'Disabling' | 'Disabled' | 'Deleting';

export interface MappingRunnerDeps {
  readonly mappings: EventSourceMappings;
  readonly startPoller: (record: EventSourceMappingRecord, settings: PollerSettings) => Poller;
  readonly logger: Logger;
  /** How long `close` waits for batches; what is left of them comes again after the next start. */
  readonly closeGraceMs: number;
}

export function createMappingRunner(deps: MappingRunnerDeps): MappingRunner {
  const pollers = new Map<string, Poller>();
  const closing = { isClosing: false };
  const stop = async (record: EventSourceMappingRecord): Promise<void> => {
    await pollers.get(record.uuid)?.close();
    pollers.delete(record.uuid);
    const arn = eventSourceMappingArn(record, record.uuid);
    for (;;) {
      const stored = deps.mappings.find(arn);
      // False when its tags changed just now.
      if (stored?.wanted !== 'deleted' || (await deps.mappings.remove(stored))) return;
    }
  };
  return {
    follow: (record) => {
      if (closing.isClosing) return;
      if (record.wanted === 'enabled') {
        const poller = pollers.get(record.uuid);
        const settings = settingsOf(record);
        if (poller === undefined) pollers.set(record.uuid, deps.startPoller(record, settings));
        else poller.reconfigure(settings);
        return;
      }
      stop(record).catch((error: unknown) => {
        // The disk failed: the next start removes it.
        deps.logger.error('an event source mapping was not removed', { uuid: record.uuid, error });
      });
    },
    stateOf: ({ uuid, wanted }) => {
      if (wanted === 'deleted') return 'Deleting';
      const isRunning = pollers.has(uuid);
      if (wanted === 'enabled') return isRunning ? 'Enabled' : 'Enabling';
      return isRunning ? 'Disabling' : 'Disabled';
    },
    troubleOf: ({ uuid }) => pollers.get(uuid)?.trouble,
    ...closeable(async () => {
      closing.isClosing = true;
      const grace = Promise.withResolvers<void>();
      const timer = setTimeout(() => grace.resolve(), deps.closeGraceMs);
      const ends = Promise.all(pollers.values().map((poller) => poller.close()));
      await Promise.race([ends, grace.promise]);
      clearTimeout(timer);
    }),
  };
}

function settingsOf(record: EventSourceMappingRecord): PollerSettings {
  return {
    batchSize: record.batchSize,
    windowMs: record.windowSeconds * 1_000,
    maximumConcurrency: record.maximumConcurrency,
    filter: createRecordFilter(record.filters),
    reportsItemFailures: record.reportsItemFailures,
  };
}
