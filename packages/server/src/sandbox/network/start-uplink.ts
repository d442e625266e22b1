/** The uplink as the helper's main thread has it: everything is done by the uplink's own thread. */
import { Worker } from 'node:worker_threads';
import path from 'node:path';
import type { UplinkAnswer, UplinkCall, UplinkSettings } from './uplink-messages.ts';

const THREAD = path.join(import.meta.dirname, 'uplink-thread.ts');

/** The way out of one sandbox. */
export interface WayOut {
  /** To be called once, when the sandbox's namespace is given up. */
  end(): void;
}

export interface StartedUplink {
  /** The descriptor must stay open until this settles. */
  attach(namespaceFd: number): Promise<WayOut>;
  close(): Promise<void>;
}

/** Rejects with a sentence where this machine does not allow it. */
export async function startUplink(settings: UplinkSettings): Promise<StartedUplink> {
  const worker = new Worker(THREAD, { workerData: settings, trackUnmanagedFds: false });
  const opened = Promise.withResolvers<void>();
  const pending = new Map<number, PromiseWithResolvers<WayOut>>();
  let lastId = 0;
  const say = (call: UplinkCall): void => worker.postMessage(call);
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  worker.on('message', (answer: UplinkAnswer) => {
    switch (answer.kind) {
      case 'open':
        return opened.resolve();
      case 'unavailable':
        return opened.reject(new Error(answer.message));
      case 'attached': {
        const { slot } = answer;
        return take(answer.id)?.resolve({ end: () => say({ kind: 'detach', slot }) });
      }
      case 'refused':
        return take(answer.id)?.reject(new Error(answer.message));
    }
  });
  // A thread that breaks has no `error` listener here: it ends the helper, and the next one starts.
  const take = (id: number): PromiseWithResolvers<WayOut> | undefined => {
    const found = pending.get(id);
    pending.delete(id);
    return found;
  };
  try {
    await opened.promise;
  } catch (error) {
    await ended;
    throw error;
  }
  return {
    attach: (namespaceFd) => {
      const id = ++lastId;
      const answered = Promise.withResolvers<WayOut>();
      pending.set(id, answered);
      say({ kind: 'attach', id, namespaceFd });
      return answered.promise;
    },
    close: async () => {
      say({ kind: 'close' });
      await ended;
    },
  };
}
