/**
 * The sandbox helper: the one process that makes system calls through node:ffi and that starts OCI
 * runtimes. A child of the server; without the server it ends, and takes its sandboxes along.
 */
import type { Server, Socket } from 'node:net';
import { whenParentIsGone } from '../../lib/when-parent-is-gone.ts';
import type { HelperMessage, HelperRequest } from '../oci/protocol.ts';
import { SandboxHost } from './sandbox-host.ts';

/** Longer than a killed process may take to go. */
const LAST_WORK_MS = 10_000;

const host = new SandboxHost(send);

process.on('message', (request: HelperRequest) => {
  void answer(request);
});
process.on('SIGCHLD', () => host.onChildEnd());
whenParentIsGone(() => {
  // What cannot be ended in this time is the next start's to remove; nobody is left to wait for.
  setTimeout(() => process.exit(1), LAST_WORK_MS);
  void host.close().finally(() => process.exit());
});

async function answer(request: HelperRequest): Promise<void> {
  try {
    const result = await host.perform(request);
    await send({ kind: 'result', id: request.id, result: result ?? null });
  } catch (error) {
    await send({ kind: 'failure', id: request.id, message: (error as Error).message });
  }
}

/** A server that has gone needs no answer: its end is noticed. */
function send(message: HelperMessage, socket?: Server | Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (process.send === undefined || !process.connected) resolve();
  else process.send(message, socket, undefined, () => resolve());
  return promise;
}
