/** X-Ray as Hearth serves it: segments come in, traces, their summaries and graphs go out. */
import { TRACE_RETENTION_MS } from '../../core/limits.ts';
import { serviceOf, type Service } from '../../core/operation.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Closeable } from '../../lib/lifetime.ts';
import type { Logger } from '../../lib/logger.ts';
import { startRounds } from '../../lib/rounds.ts';
import type { Store } from '../../store/store.ts';
import { getEncryptionConfig, getGroups, putTelemetryRecords } from './account-settings.ts';
import { batchGetTraces } from './batch-get-traces.ts';
import { getServiceGraph, getTraceGraph } from './get-service-graph.ts';
import { getTraceSummaries } from './get-trace-summaries.ts';
import { putTraceSegments } from './put-trace-segments.ts';
import { getSamplingRules, getSamplingTargets } from './sampling.ts';
import { SegmentRepository } from './segment-repository.ts';

export interface XrayService extends Service, Closeable {
  /** Forgets what is too old or too much; resolves when that is done. */
  expire(): Promise<void>;
}

export interface XrayDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Less in tests. */
  readonly accountBytes?: number;
}

/** What an account's traces may take: AWS has no such bound, and a disk has. */
const ACCOUNT_BYTES = 536_870_912;
const EXPIRY_INTERVAL_MS = 3_600_000;
/** Before the hour is over, after so many bytes: what an account has too much stays small. */
const EXPIRY_BYTES = 33_554_432;

export async function openXrayService(deps: XrayDeps): Promise<XrayService> {
  const { store, clock, logger, accountBytes = ACCOUNT_BYTES } = deps;
  const segments = await SegmentRepository.open(store);
  const room = { segments, clock };
  const expiry = startRounds(
    (closing) => segments.expire(clock.nowMs() - TRACE_RETENTION_MS, accountBytes, closing),
    {
      everyMs: EXPIRY_INTERVAL_MS,
      onError: (error) => logger.error('xray.expiry-failed', { error }),
    },
  );
  // What has become too old while no server ran.
  expiry.look();
  let keptBytes = 0;
  const kept = (bytes: number): void => {
    keptBytes += bytes;
    if (keptBytes < EXPIRY_BYTES) return;
    keptBytes = 0;
    expiry.look();
  };
  return {
    ...serviceOf('xray', [
      putTraceSegments({ ...room, kept }),
      putTelemetryRecords(),
      batchGetTraces(room),
      getTraceSummaries(room),
      getServiceGraph(room),
      getTraceGraph(room),
      getSamplingRules(),
      getSamplingTargets(room),
      getGroups(),
      getEncryptionConfig(),
    ]),
    expire: () => expiry.run(),
    close: () => expiry.close(),
    [Symbol.asyncDispose]: () => expiry.close(),
  };
}
