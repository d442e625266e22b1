/**
 * Runs archive jobs in worker threads, a few at a time, each in a thread of its own with bounded
 * memory and time: an archive that wants more than that is rejected, and the server's event loop
 * never waits for one.
 */
import { Worker } from 'node:worker_threads';
import type { ArchiveAnswer, ArchiveJob } from './archive-job.ts';

/** Two: extraction is bound by one CPU and the disk, and invocations want theirs. */
const CONCURRENT_JOBS = 2;
/** 250 MB take a few seconds; what needs a minute was made to need it. */
const JOB_DEADLINE_MS = 60_000;
const HEAP_MIB = 256;

export type RunArchiveJob = (job: ArchiveJob) => Promise<ArchiveAnswer>;

export function createArchiveRunner(): RunArchiveJob {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (job) => {
    if (running >= CONCURRENT_JOBS) {
      const turn = Promise.withResolvers<void>();
      waiting.push(turn.resolve);
      await turn.promise;
    } else {
      running += 1;
    }
    try {
      return await runInThread(job);
    } finally {
      const next = waiting.shift();
      // A slot is handed over as it is, so that nobody slips in between.
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

async function runInThread(job: ArchiveJob): Promise<ArchiveAnswer> {
  const worker = new Worker(new URL('archive-worker.ts', import.meta.url), {
    workerData: job,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
  });
  const { promise, resolve } = Promise.withResolvers<ArchiveAnswer>();
  const deadline = setTimeout(() => {
    resolve({ kind: 'rejected', reason: 'unreadable', detail: 'It took longer than a minute.' });
  }, JOB_DEADLINE_MS);
  worker.once('message', resolve);
  worker.once('error', (error: NodeJS.ErrnoException) => {
    resolve(
      error.code === 'ERR_WORKER_OUT_OF_MEMORY'
        ? { kind: 'rejected', reason: 'unreadable', detail: error.message }
        : { kind: 'failed', detail: error.message },
    );
  });
  worker.once('exit', () => resolve({ kind: 'failed', detail: 'The thread ended silently.' }));
  try {
    return await promise;
  } finally {
    clearTimeout(deadline);
    await worker.terminate();
  }
}
