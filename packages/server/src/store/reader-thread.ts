/** A thread that reads: each read is a transaction of its own and sees all that was committed. */
import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '../lib/invariant.ts';
import { describeFailure } from './describe-failure.ts';
import { openDatabase } from './open-database.ts';
import { serveThread } from './serve-thread.ts';
import { createStatementCache } from './statement-cache.ts';
import type { ReadRows, ThreadReply, ThreadRequest } from './thread-message.ts';

const port = parentPort;
invariant(port !== null, 'reader-thread runs as a worker');

serveThread(port, () => {
  const database = openDatabase((workerData as { file: string }).file, 'reader');
  const statements = createStatementCache(database);
  return {
    answer: (requests: readonly ThreadRequest[]) => {
      for (const request of requests) port.postMessage([answer(request)]);
      if (requests.at(-1)?.kind === 'close') port.close();
    },
  };

  function read({ sql, params }: Extract<ThreadRequest, { kind: 'read' }>): ReadRows {
    const statement = statements.prepare(sql);
    statement.setReturnArrays(true);
    const rows = statement.all(...params) as unknown as ReadRows['rows'];
    return { columns: statement.columns().map(({ name }) => name), rows };
  }

  function answer(request: ThreadRequest): ThreadReply {
    try {
      if (request.kind === 'read') return { id: request.id, value: read(request) };
      if (request.kind === 'close') database.close();
      return { id: request.id, value: undefined };
    } catch (error) {
      return { id: request.id, failure: describeFailure(error) };
    }
  }
});
