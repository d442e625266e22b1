/** A thread that reads: each read is a transaction of its own and sees all that was committed. */
import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '../lib/invariant.ts';
import { describeFailure } from './describe-failure.ts';
import { openDatabase } from './open-database.ts';
import { serveThread } from './serve-thread.ts';
import { createStatementCache } from './statement-cache.ts';
import type { ThreadRequest } from './thread-message.ts';

const port = parentPort;
invariant(port !== null, 'reader-thread runs as a worker');

serveThread(port, () => {
  const database = openDatabase((workerData as { file: string }).file, 'reader');
  const statements = createStatementCache(database);
  return (request: ThreadRequest) => {
    try {
      if (request.kind === 'close') {
        database.close();
        port.postMessage({ id: request.id, value: undefined });
        port.close();
      } else if (request.kind === 'read') {
        const value = statements.prepare(request.sql).all(...request.params);
        port.postMessage({ id: request.id, value });
      }
    } catch (error) {
      port.postMessage({ id: request.id, failure: describeFailure(error) });
    }
  };
});
