/**
 * Events on their way: rows that are written with the change that they tell of, in one
 * transaction, and handed over afterwards, each at least once and in the name of S3, which the
 * policy of the destination has to let in. A destination that cannot take one now gets it later;
 * after a day it is dropped, and the log says so.
 */
import { pauseAfter } from '../../core/async-event.ts';
import { AwsError } from '../../core/aws-error.ts';
import type { CallAs } from '../../core/call-as.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Closeable } from '../../lib/lifetime.ts';
import type { Logger } from '../../lib/logger.ts';
import { startRounds } from '../../lib/rounds.ts';
import { bucketArn, type Bucket } from '../../objects/bucket.ts';
import type { Statement, Store } from '../../store/store.ts';
import { handOver, senderTo, type EventSender } from '../hand-over.ts';
import { busEntry } from './bus-entry.ts';
import { eventRecord, type EventOccasion } from './event-record.ts';
import { isWanted, type Notification } from './notification-rules.ts';
import type { ObjectEvents } from './object-events.ts';

export interface EventOutbox extends ObjectEvents, Closeable {
  /** Hands over what is due now; resolves when that has been tried. */
  deliver(): Promise<void>;
}

export interface EventOutboxDeps {
  readonly store: Store;
  readonly callAs: CallAs;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface EventRow {
  readonly id: number;
  readonly bucket: string;
  readonly account: string;
  readonly target: string;
  readonly created_ms: number;
  readonly attempts: number;
  readonly body: string;
  /** Of what changed the object, so that a loop of functions through buckets is found. */
  readonly trace_header: string | null;
}

const AT_ONCE = 64;
/** AWS: of what a topic gets. */
const SUBJECT = 'Amazon S3 Notification';
const GIVEN_UP_MS = 86_400_000;
/** How soon rows are looked for that nobody has told of: retries, and what a dead server left. */
const LOOK_MS = 1_000;

export function startEventOutbox(deps: EventOutboxDeps): EventOutbox {
  const round = async (closing: AbortSignal): Promise<void> => {
    while (!closing.aborted && (await deliverSome(deps)));
  };
  const onError = (error: unknown): void => {
    // The rows are there still: the next round finds them.
    deps.logger.error('events.failed', { error });
  };
  const rounds = startRounds(round, { everyMs: LOOK_MS, onError });
  let tellsAnybody = false;
  return {
    ...rounds,
    deliver: () => rounds.run(),
    statements: (bucket, name, version, cause) =>
      notificationsOf(bucket)
        .filter((each) => isWanted(each, name, version.key))
        .map((each) => {
          tellsAnybody = true;
          const atMs = deps.clock.nowMs();
          const occasion = { bucket, name, version, cause, configurationId: each.id, atMs };
          return insertion(occasion, each);
        }),
    wake: () => {
      // Where no bucket tells anybody, no PUT needs a look.
      if (tellsAnybody) setImmediate(() => rounds.look());
    },
  };
}

function notificationsOf({ notifications }: Bucket): readonly Notification[] {
  return (notifications as readonly Notification[] | undefined) ?? [];
}

function insertion(occasion: EventOccasion, { kind, target: given }: Notification): Statement {
  const { bucket, cause, atMs } = occasion;
  const { name, account, region } = bucket;
  const isForBus = kind === 'events';
  const target = isForBus ? `arn:aws:events:${region}:${account}:event-bus/default` : given;
  const body = JSON.stringify(isForBus ? busEntry(occasion) : { Records: [eventRecord(occasion)] });
  return {
    sql: `INSERT INTO s3_events
            (bucket, account, target, created_ms, due_ms, attempts, body, trace_header)
          VALUES (?, ?, ?, ?, ?, 0, ?, ?)`,
    params: [name, account, target, atMs, atMs, body, cause.traceHeader ?? null],
  };
}

/** False where nothing was due. */
async function deliverSome(deps: EventOutboxDeps): Promise<boolean> {
  const rows = await deps.store.read<EventRow>(
    'SELECT * FROM s3_events WHERE due_ms <= ? ORDER BY due_ms, id LIMIT ?',
    [deps.clock.nowMs(), AT_ONCE],
  );
  if (rows.length === 0) return false;
  const outcomes = await Promise.all(rows.map((row) => deliverOne(deps, row)));
  await deps.store.write(outcomes);
  return true;
}

async function deliverOne(deps: EventOutboxDeps, row: EventRow): Promise<Statement> {
  const { logger, clock } = deps;
  try {
    const { bucket: name, account, target, body } = row;
    const sender = senderOf({ name, account });
    const caller = senderTo(target, sender, row.trace_header ?? undefined);
    await handOver(deps.callAs, caller, { target, body, subject: SUBJECT });
    return removal(row);
  } catch (error) {
    const age = clock.nowMs() - row.created_ms;
    const code = error instanceof AwsError ? error.code : 'unknown';
    if (age >= GIVEN_UP_MS) {
      logger.error('event.dropped', { bucket: row.bucket, target: row.target, error });
      return removal(row);
    }
    if (row.attempts === 0) {
      logger.warn('event.delayed', { bucket: row.bucket, target: row.target, code });
    }
    return {
      sql: 'UPDATE s3_events SET attempts = attempts + 1, due_ms = ? WHERE id = ?',
      params: [clock.nowMs() + pauseAfter(row.attempts), row.id],
    };
  }
}

function removal({ id }: EventRow): Statement {
  return { sql: 'DELETE FROM s3_events WHERE id = ?', params: [id] };
}

function senderOf({ name, account }: Pick<Bucket, 'name' | 'account'>): EventSender {
  return { service: 's3.amazonaws.com', source: { arn: bucketArn(name), account } };
}

/** Whether S3 may hand events to it now; rejects with what the destination answers. */
export async function checkDestination(
  callAs: CallAs,
  bucket: Bucket,
  { kind, target }: Notification,
  testEvent: object,
): Promise<void> {
  const caller = senderTo(target, senderOf(bucket));
  if (kind !== 'lambda') {
    await handOver(callAs, caller, { target, body: JSON.stringify(testEvent), subject: SUBJECT });
    return;
  }
  const asked = { FunctionName: target, InvocationType: 'DryRun' };
  await callAs(caller, 'lambda', 'Invoke', asked);
}
