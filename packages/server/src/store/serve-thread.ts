/** How each store thread starts: open, say so (or say why not), then answer requests. */
import type { MessagePort } from 'node:worker_threads';
import { describeFailure } from './describe-failure.ts';
import { OPENED, type ThreadRequest } from './thread-message.ts';

export function serveThread(port: MessagePort, open: () => (request: ThreadRequest) => void): void {
  try {
    const answer = open();
    port.on('message', answer);
    port.postMessage({ id: OPENED, value: undefined });
  } catch (error) {
    port.postMessage({ id: OPENED, failure: describeFailure(error) });
    port.close();
  }
}
