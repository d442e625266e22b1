/**
 * Events on their way: rows that are written with the change that they tell of, in one
 * transaction, and handed over afterwards, each at least once and in the name of S3, which the
 * policy of the destination has to let in. A destination that cannot take one now gets it later;
 * after a day it is dropped, and the log says so.
 */
import { AwsError } from '../../core/aws-error.ts';
import type { CallAs } from '../../core/call-as.ts';
import type { Clock } from '../../lib/clock.ts';
import { closeable, type Closeable } from '../../lib/lifetime.ts';
import type { Logger } from '../../lib/logger.ts';
import { bucketArn, type Bucket } from '../../objects/bucket.ts';
import type { Statement, Store } from '../../store/store.ts';
import { eventRecord } from './event-record.ts';
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
  readonly region: string;
  readonly kind: Notification['kind'];
  readonly target: string;
  readonly created_ms: number;
  readonly attempts: number;
  readonly body: string;
}

const AT_ONCE = 64;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 300_000;
const GIVEN_UP_MS = 86_400_000;
/** How soon rows are looked for that nobody has told of: retries, and what a dead server left. */
const LOOK_MS = 1_000;

export function startEventOutbox(deps: EventOutboxDeps): EventOutbox {
  let running: Promise<void> | undefined;
  const state = { isAskedAgain: false, isClosing: false, tellsAnybody: false };
  const deliver = async (): Promise<void> => {
    if (running !== undefined) {
      state.isAskedAgain = true;
      return await running;
    }
    running = (async () => {
      do {
        state.isAskedAgain = false;
        while (!state.isClosing && (await deliverSome(deps)));
      } while (state.isAskedAgain && !state.isClosing);
    })().finally(() => {
      running = undefined;
    });
    return await running;
  };
  const look = (): void => {
    deliver().catch((error: unknown) => {
      // The rows are there still: the next look finds them.
      if (!state.isClosing) deps.logger.error('events.failed', { error });
    });
  };
  const timer = setInterval(look, LOOK_MS);
  timer.unref();
  return {
    deliver,
    statements: (bucket, name, version, cause) =>
      notificationsOf(bucket)
        .filter((each) => isWanted(each, name, version.key))
        .map((each) => {
          state.tellsAnybody = true;
          const atMs = deps.clock.nowMs();
          const occasion = { bucket, name, version, cause, configurationId: each.id, atMs };
          return insertion(bucket, each, { Records: [eventRecord(occasion)] }, atMs);
        }),
    wake: () => {
      // Where no bucket tells anybody, no PUT needs a look.
      if (!state.isClosing && state.tellsAnybody) setImmediate(look);
    },
    ...closeable(async () => {
      state.isClosing = true;
      clearInterval(timer);
      await running?.catch(() => {});
    }),
  };
}

function notificationsOf({ notifications }: Bucket): readonly Notification[] {
  return (notifications as readonly Notification[] | undefined) ?? [];
}

function insertion(
  bucket: Bucket,
  { kind, target }: Notification,
  event: object,
  nowMs: number,
): Statement {
  return {
    sql: `INSERT INTO s3_events (bucket, account, region, kind, target, created_ms, due_ms, attempts, body)
          VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?)`,
    params: [
      bucket.name,
      bucket.account,
      bucket.region,
      kind,
      target,
      nowMs,
      nowMs,
      JSON.stringify(event),
    ],
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
    await handOver(deps.callAs, row);
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
    const wait = Math.min(FIRST_RETRY_MS * 2 ** Math.min(row.attempts, 20), LONGEST_RETRY_MS);
    return {
      sql: 'UPDATE s3_events SET attempts = attempts + 1, due_ms = ? WHERE id = ?',
      params: [clock.nowMs() + wait, row.id],
    };
  }
}

function removal({ id }: EventRow): Statement {
  return { sql: 'DELETE FROM s3_events WHERE id = ?', params: [id] };
}

interface Handover {
  readonly bucket: string;
  readonly account: string;
  readonly region: string;
  readonly kind: Notification['kind'];
  readonly target: string;
  readonly body: string;
}

async function handOver(callAs: CallAs, row: Handover): Promise<void> {
  const [, , , region = '', account = '', ...name] = row.target.split(':');
  const caller = {
    principal: { kind: 'service', service: 's3.amazonaws.com' },
    account,
    region,
    source: { arn: bucketArn(row.bucket), account: row.account },
  } as const;
  if (row.kind === 'lambda') {
    await callAs(caller, 'lambda', 'Invoke', {
      FunctionName: row.target,
      InvocationType: 'Event',
      Payload: Buffer.from(row.body),
    });
    return;
  }
  await callAs(caller, 'sqs', 'SendMessage', {
    QueueUrl: `http://localhost/${account}/${name.join(':')}`,
    MessageBody: row.body,
  });
}

/** Whether S3 may hand events to it now; rejects with what the destination answers. */
export async function checkDestination(
  callAs: CallAs,
  bucket: Bucket,
  { kind, target }: Notification,
  testEvent: object,
): Promise<void> {
  const common = { bucket: bucket.name, account: bucket.account, region: bucket.region };
  if (kind === 'sqs') {
    await handOver(callAs, { ...common, kind, target, body: JSON.stringify(testEvent) });
    return;
  }
  const [, , , region = '', account = ''] = target.split(':');
  const caller = {
    principal: { kind: 'service', service: 's3.amazonaws.com' },
    account,
    region,
    source: { arn: bucketArn(bucket.name), account: bucket.account },
  } as const;
  await callAs(caller, 'lambda', 'Invoke', { FunctionName: target, InvocationType: 'DryRun' });
}
