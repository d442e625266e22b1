/**
 * Brings the lines of all environments to CloudWatch Logs, in each function's own name: every
 * batch is an ordinary API call of its execution role, made after the reply. A role that may not
 * write loses its lines, as on AWS; the loss is counted and told once for each stream.
 */
import type { CallAs } from '../../core/call-as.ts';
import type { Principal } from '../../core/principal.ts';
import { closeable, type Closeable } from '../../lib/lifetime.ts';
import type { Logger } from '../../lib/logger.ts';
import { LogStream } from './log-stream.ts';

export interface LogTarget {
  readonly principal: Principal;
  readonly account: string;
  readonly region: string;
  readonly group: string;
  readonly stream: string;
}

export interface LogShipper extends Closeable {
  /** A stream is made with its first line. */
  open(target: LogTarget): LogStream;
  readonly linesDropped: number;
}

export function createLogShipper(deps: {
  readonly callAs: CallAs;
  readonly logger: Logger;
}): LogShipper {
  const streams = new Set<LogStream>();
  let linesDropped = 0;
  return {
    open(target) {
      const stream: LogStream = new LogStream(deps, target, {
        dropped: (lines) => (linesDropped += lines),
        ended: () => streams.delete(stream),
      });
      streams.add(stream);
      return stream;
    },
    get linesDropped() {
      return linesDropped;
    },
    ...closeable(async () => {
      await Promise.all([...streams].map((stream) => stream.end()));
    }),
  };
}
