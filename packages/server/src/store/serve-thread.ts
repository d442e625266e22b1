/** How each store thread starts: open, say so (or say why not), then answer requests. */
import type { MessagePort } from 'node:worker_threads';
import { describeFailure } from './describe-failure.ts';
import { unpackRequests } from './packed-bytes.ts';
import {
  OPENED,
  type ThreadMessage,
  type ThreadReply,
  type ThreadRequest,
} from './thread-message.ts';

export interface OpenedThread {
  readonly answer: (requests: readonly ThreadRequest[]) => void;
  /** What there is to tell of the opening. */
  readonly opened?: unknown;
}

export function serveThread(port: MessagePort, open: () => OpenedThread): void {
  const reply = (message: ThreadReply): void => port.postMessage([message]);
  try {
    const { answer, opened } = open();
    port.on('message', (message: ThreadMessage) => answer(unpackRequests(message)));
    reply({ id: OPENED, value: opened });
  } catch (error) {
    reply({ id: OPENED, failure: describeFailure(error) });
    port.close();
  }
}
