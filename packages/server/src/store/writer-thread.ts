/**
 * The one thread that writes. While it commits, requests queue up in its port; it takes all that
 * wait as one group, in the order in which they were sent. Replies leave after COMMIT only,
 * those of a group together.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { invariant } from '../lib/invariant.ts';
import { applyMigrations } from './apply-migrations.ts';
import { commitGroup } from './commit-group.ts';
import { describeFailure } from './describe-failure.ts';
import { applyRecords } from './journal/apply-records.ts';
import { replayJournal } from './journal/replay.ts';
import { openDatabase } from './open-database.ts';
import { unpackRequests } from './packed-bytes.ts';
import { serveThread } from './serve-thread.ts';
import { createStatementCache } from './statement-cache.ts';
import type { ThreadMessage, ThreadReply, ThreadRequest } from './thread-message.ts';

/** Bounds how long the first of a group waits for the others' statements. */
const MOST_BATCHES_PER_GROUP = 256;

const port = parentPort;
invariant(port !== null, 'writer-thread runs as a worker');

serveThread(port, () => {
  const { file, journal } = workerData as WriterData;
  const database = openDatabase(file, 'writer');
  const statements = createStatementCache(database);
  const opened = journal === undefined ? undefined : replayJournal(database, statements, journal);
  return { answer, opened };

  function answer(first: readonly ThreadRequest[]): void {
    let requests = first;
    for (let at = 0; at < requests.length;) {
      const more = received();
      if (more.length > 0) {
        requests = [requests.slice(at), ...more].flat();
        at = 0;
      }
      const group = writesFrom(requests, at);
      if (group.length > 0) commit(group);
      else answerOther(requests[at]);
      at += Math.max(group.length, 1);
    }
  }

  function commit(group: readonly WriteRequest[]): void {
    const results = commitGroup(
      database,
      statements,
      group.map((request) => request.statements),
    );
    port?.postMessage(
      results.map((result, index): ThreadReply => {
        const id = group[index]?.id ?? 0;
        return result.kind === 'committed'
          ? { id, value: result.changes }
          : { id, failure: describeFailure(result.error) };
      }),
    );
  }

  function answerOther(request: ThreadRequest | undefined): void {
    if (request === undefined) return;
    try {
      const value = perform(request);
      port?.postMessage([{ id: request.id, value } satisfies ThreadReply]);
    } catch (error) {
      const failure = describeFailure(error);
      port?.postMessage([{ id: request.id, failure } satisfies ThreadReply]);
    }
    if (request.kind === 'close') port?.close();
  }

  function perform(request: ThreadRequest): unknown {
    if (request.kind === 'migrate') applyMigrations(database, request.room, request.migrations);
    if (request.kind === 'close') database.close();
    if (request.kind !== 'apply') return undefined;
    return applyRecords(database, statements, request.payloads, request.last);
  }
});

interface WriterData {
  readonly file: string;
  /** The folder of the journal that stands in front of it. */
  readonly journal: string | undefined;
}

type WriteRequest = Extract<ThreadRequest, { kind: 'write' }>;

/** Those that are to be committed together next. */
function writesFrom(requests: readonly ThreadRequest[], at: number): readonly WriteRequest[] {
  const end = Math.min(requests.length, at + MOST_BATCHES_PER_GROUP);
  const writes: WriteRequest[] = [];
  for (let index = at; index < end; index += 1) {
    const request = requests[index];
    if (request?.kind !== 'write') break;
    writes.push(request);
  }
  return writes;
}

/** The messages that have come meanwhile. */
function received(): readonly (readonly ThreadRequest[])[] {
  const messages: (readonly ThreadRequest[])[] = [];
  if (port === null) return messages;
  for (;;) {
    const message = receiveMessageOnPort(port)?.message as ThreadMessage | undefined;
    if (message === undefined) return messages;
    messages.push(unpackRequests(message));
  }
}
