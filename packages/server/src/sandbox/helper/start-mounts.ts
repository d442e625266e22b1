/** The helper's slow mounts as its main thread has them: everything is done by a thread of their own. */
import { Worker } from 'node:worker_threads';
import path from 'node:path';
import type { MountAnswer, MountCall, MountSettings } from './mount-messages.ts';

const THREAD = path.join(import.meta.dirname, 'mount-thread.ts');

export interface Mounts extends Omit<Extract<MountAnswer, { kind: 'open' }>, 'kind'> {
  /** Makes a /tmp of a size and mounts it at an empty folder. */
  mountTmp(target: string, sizeMib: number): Promise<void>;
  /** As `detachMount`, and resolves when the kernel has done it. */
  detach(target: string): Promise<void>;
  close(): Promise<void>;
}

/** To be called when this thread has the mount namespace in which all of it is to be. */
export async function startMounts(settings: MountSettings): Promise<Mounts> {
  const worker = new Worker(THREAD, { workerData: settings, trackUnmanagedFds: false });
  const opened = Promise.withResolvers<Extract<MountAnswer, { kind: 'open' }>>();
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const pending = new Map<number, PromiseWithResolvers<void>>();
  let lastId = 0;
  const ask = (call: (id: number) => MountCall): Promise<void> => {
    const id = ++lastId;
    const answered = Promise.withResolvers<void>();
    pending.set(id, answered);
    worker.postMessage(call(id));
    return answered.promise;
  };
  const take = (id: number): PromiseWithResolvers<void> | undefined => {
    const found = pending.get(id);
    pending.delete(id);
    return found;
  };
  // A thread that breaks has no `error` listener here: it ends the helper, and the next one starts.
  worker.on('message', (answer: MountAnswer) => {
    if (answer.kind === 'open') opened.resolve(answer);
    else if (answer.kind === 'done') take(answer.id)?.resolve();
    else take(answer.id)?.reject(new Error(answer.message));
  });
  const { tmp, warnings } = await opened.promise;
  return {
    tmp,
    warnings,
    mountTmp: (target, sizeMib) => ask((id) => ({ kind: 'tmp', id, target, sizeMib })),
    detach: (target) => ask((id) => ({ kind: 'detach', id, target })),
    close: async () => {
      worker.postMessage('close');
      await ended;
    },
  };
}
