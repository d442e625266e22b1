/**
 * The one thread that writes. While it commits, requests queue up in its port; it takes all that
 * wait as one group, in the order in which they were sent. Replies leave after COMMIT only.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { invariant } from '../lib/invariant.ts';
import { applyMigrations } from './apply-migrations.ts';
import { commitGroup } from './commit-group.ts';
import { describeFailure } from './describe-failure.ts';
import { openDatabase } from './open-database.ts';
import { serveThread } from './serve-thread.ts';
import { createStatementCache } from './statement-cache.ts';
import type { ThreadReply, ThreadRequest } from './thread-message.ts';

/** Bounds how long the first of a group waits for the others' statements. */
const MOST_BATCHES_PER_GROUP = 256;

const port = parentPort;
invariant(port !== null, 'writer-thread runs as a worker');

serveThread(port, () => {
  const database = openDatabase((workerData as { file: string }).file, 'writer');
  const statements = createStatementCache(database);
  return (first: ThreadRequest) => {
    let next: ThreadRequest | undefined = first;
    while (next !== undefined) {
      const group: WriteRequest[] = [];
      while (next?.kind === 'write' && group.length < MOST_BATCHES_PER_GROUP) {
        group.push(next);
        next = received();
      }
      if (group.length > 0) commit(group);
      else if (next !== undefined) {
        answerOther(next);
        next = received();
      }
    }
  };

  function commit(group: readonly WriteRequest[]): void {
    const results = commitGroup(
      database,
      statements,
      group.map((request) => request.statements),
    );
    for (const [index, result] of results.entries()) {
      const id = group[index]?.id ?? 0;
      if (result.kind === 'committed') reply({ id, value: result.changes });
      else reply({ id, failure: describeFailure(result.error) });
    }
  }

  function answerOther(request: ThreadRequest): void {
    try {
      if (request.kind === 'migrate') applyMigrations(database, request.room, request.migrations);
      if (request.kind === 'close') database.close();
      reply({ id: request.id, value: undefined });
    } catch (error) {
      reply({ id: request.id, failure: describeFailure(error) });
    }
    if (request.kind === 'close') port?.close();
  }
});

type WriteRequest = Extract<ThreadRequest, { kind: 'write' }>;

function received(): ThreadRequest | undefined {
  return port === null ? undefined : receiveMessageOnPort(port)?.message;
}

function reply(message: ThreadReply): void {
  port?.postMessage(message);
}
