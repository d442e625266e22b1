/**
 * Reads the two output streams of a program and tells when all of it was delivered.
 *
 * A daemon that outlives the program keeps the pipes open, so the end of a stream cannot be
 * waited for without limit: once the program has ended, a stream that stays silent is done.
 */
import type { Readable } from 'node:stream';

/** What a dead process wrote is already in the pipe; this only lets the event loop read it. */
const QUIET_MS = 50;

export interface Output {
  /** Resolves when both streams have ended, or have been silent since the program's end. */
  drained(): Promise<void>;
}

export function collectOutput(
  streams: Readonly<Record<'stdout' | 'stderr', Readable>>,
  onOutput: (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void,
): Output {
  const collectors = (['stdout', 'stderr'] as const).map((name) => {
    return collect(streams[name], (chunk) => onOutput(name, chunk));
  });
  return {
    drained: async () => {
      await Promise.all(collectors.map((drain) => drain()));
    },
  };
}

function collect(stream: Readable, onChunk: (chunk: Uint8Array) => void): () => Promise<void> {
  const ended = Promise.withResolvers<void>();
  let quiet: NodeJS.Timeout | undefined;
  let isDone = false;
  const finish = (): void => {
    isDone = true;
    clearTimeout(quiet);
    stream.destroy();
    ended.resolve();
  };
  stream.on('data', (chunk: Uint8Array) => {
    if (isDone) return;
    quiet?.refresh();
    onChunk(chunk);
  });
  stream.once('close', finish);
  stream.on('error', finish);
  return () => {
    if (!isDone) quiet ??= setTimeout(finish, QUIET_MS);
    return ended.promise;
  };
}
