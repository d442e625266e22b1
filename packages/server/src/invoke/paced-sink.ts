/** A sink that takes no more than AWS's bandwidth. Its timer ends with the invocation. */
import { Bandwidth, type BandwidthLimit } from '../core/bandwidth.ts';
import { STREAM_BURST_BYTES, STREAM_BYTES_PER_SECOND } from '../core/limits.ts';
import type { ResponseSink } from '../core/response-sink.ts';
import type { Clock } from '../lib/clock.ts';

export interface PacedSink extends ResponseSink {
  /** The invocation is over: nothing waits any more. */
  end(): void;
}

/** AWS's, where nothing else is asked for. */
export function streamBandwidth(bytesPerSecond = STREAM_BYTES_PER_SECOND): BandwidthLimit {
  return { burstBytes: STREAM_BURST_BYTES, bytesPerSecond };
}

export function paceSink(sink: ResponseSink, limit: BandwidthLimit, clock: Clock): PacedSink {
  const bandwidth = new Bandwidth(limit, clock.monotonicMs());
  let timer: NodeJS.Timeout | undefined;
  let wake: (() => void) | undefined;
  const pause = async (delayMs: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    wake = resolve;
    timer = setTimeout(resolve, delayMs);
    await promise;
  };
  return {
    begin: (head) => sink.begin(head),
    write(chunk) {
      const taken = sink.write(chunk);
      const delayMs = bandwidth.spend(chunk.length, clock.monotonicMs());
      if (delayMs === 0) return taken;
      return taken === undefined ? pause(delayMs) : taken.then(() => pause(delayMs));
    },
    end() {
      clearTimeout(timer);
      wake?.();
    },
  };
}
