/**
 * Runs archive jobs in worker threads, a few at a time, with bounded memory and time: an archive
 * that wants more than that is rejected, and the server's event loop never waits for one.
 *
 * A thread that has finished waits a little for the next job, because starting one costs more
 * than a small archive. One that failed or was too slow is ended at once.
 */
import { Worker } from 'node:worker_threads';
import { closeable, type Closeable } from '../lib/lifetime.ts';
import type { ArchiveAnswer, ArchiveJob } from './archive-job.ts';

export interface ArchiveRunner extends Closeable {
  /** Never rejects: what went wrong is in the answer. */
  run(job: ArchiveJob): Promise<ArchiveAnswer>;
}

/** Two: extraction is bound by one CPU and the disk, and invocations want theirs. */
const CONCURRENT_JOBS = 2;
const IDLE_MS = 10_000;

/** What one job may take of the machine. */
export interface JobBounds {
  readonly deadlineMs: number;
  readonly heapMib: number;
}

/** 250 MB take a few seconds; what needs a minute was made to need it. */
const ZIP_BOUNDS: JobBounds = { deadlineMs: 60_000, heapMib: 256 };

/** `close` ends the threads; jobs must have ended before. */
export function createArchiveRunner(bounds: JobBounds = ZIP_BOUNDS): ArchiveRunner {
  let running = 0;
  const waiting: (() => void)[] = [];
  const idle = new Map<Worker, NodeJS.Timeout>();
  function forget(this: Worker): void {
    clearTimeout(idle.get(this));
    idle.delete(this);
  }
  const end = async (worker: Worker): Promise<void> => {
    forget.call(worker);
    await worker.terminate();
  };
  const rest = (worker: Worker): void => {
    worker.unref();
    idle.set(worker, setTimeout(() => void end(worker), IDLE_MS).unref());
  };
  const take = (): Worker => {
    const [known] = idle.keys();
    if (known === undefined) return startThread(bounds).once('exit', forget);
    clearTimeout(idle.get(known));
    idle.delete(known);
    known.ref();
    return known;
  };
  const run = async (job: ArchiveJob): Promise<ArchiveAnswer> => {
    if (running < CONCURRENT_JOBS) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    const worker = take();
    const { answer, isReusable } = await ask(worker, job, bounds);
    if (isReusable) rest(worker);
    else await end(worker);
    // A slot is handed over as it is, so that nobody slips in between.
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
    return answer;
  };
  return { run, ...closeable(async () => void (await Promise.all([...idle.keys()].map(end)))) };
}

function startThread({ heapMib }: JobBounds): Worker {
  const worker = new Worker(new URL('archive-worker.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: heapMib },
  });
  // Between jobs nobody listens; an idle thread that dies must not end the server.
  return worker.on('error', () => {});
}

interface Asked {
  readonly answer: ArchiveAnswer;
  readonly isReusable: boolean;
}

async function ask(worker: Worker, job: ArchiveJob, { deadlineMs }: JobBounds): Promise<Asked> {
  const { promise, resolve } = Promise.withResolvers<Asked>();
  const endWith = (answer: ArchiveAnswer): void => resolve({ answer, isReusable: false });
  const deadline = setTimeout(
    () => endWith(rejected(`It took longer than ${deadlineMs / 1_000} seconds.`)),
    deadlineMs,
  );
  const onMessage = (answer: ArchiveAnswer): void => resolve({ answer, isReusable: true });
  const onError = (error: NodeJS.ErrnoException): void =>
    endWith(
      error.code === 'ERR_WORKER_OUT_OF_MEMORY'
        ? rejected(error.message)
        : { kind: 'failed', detail: error.message },
    );
  const onExit = (): void => endWith({ kind: 'failed', detail: 'The thread ended silently.' });
  worker.on('message', onMessage).on('error', onError).on('exit', onExit);
  worker.postMessage(job);
  try {
    return await promise;
  } finally {
    clearTimeout(deadline);
    worker.off('message', onMessage).off('error', onError).off('exit', onExit);
  }
}

function rejected(detail: string): ArchiveAnswer {
  return { kind: 'rejected', reason: 'unreadable', detail };
}
