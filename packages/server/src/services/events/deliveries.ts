/**
 * Events on their way to targets: rows that are written with the firing they come from, in one
 * transaction, and handed over afterwards, each at least once and in the name of EventBridge, which the
 * policy of the target has to let in. What a target cannot take now it gets later, as its retry policy
 * says; what is given up goes to the dead-letter queue of the target.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
 */
import { LONGEST_PAUSE_MS, pauseAfter } from '../../core/async-event.ts';
import { AwsError } from '../../core/aws-error.ts';
import type { CallAs } from '../../core/call-as.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/logger.ts';
import { startRounds, type Rounds } from '../../lib/rounds.ts';
import type { Statement, Store } from '../../store/store.ts';
import { handOver, mayTakeLater, senderTo, type EventForTarget } from '../hand-over.ts';
import type { RuleTarget } from './rule-record.ts';

/** What one target is to be sent. */
export interface Delivery {
  readonly ruleArn: string;
  readonly account: string;
  readonly target: Omit<RuleTarget, 'input' | 'inputPath' | 'transformer'>;
  readonly body: string;
  readonly createdMs: number;
  /** Of what put the event on its bus. */
  readonly traceHeader?: string;
}

export interface DeliveriesDeps {
  readonly store: Store;
  readonly callAs: CallAs;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface DeliveryRow {
  readonly id: number;
  readonly attempts: number;
  readonly body: string;
}

const AT_ONCE = 64;
/** How soon rows are looked for that nobody has told of: retries, and what a dead server left. */
const LOOK_MS = 1_000;
/** AWS: 24 hours and 185 times, unless the target says less. */
const AGE_SECONDS = 86_400;
const RETRIES = 185;

export function startDeliveries(deps: DeliveriesDeps): Rounds {
  const round = async (closing: AbortSignal): Promise<void> => {
    while (!closing.aborted && (await deliverSome(deps)));
  };
  return startRounds(round, {
    everyMs: LOOK_MS,
    // The rows are there still: the next round finds them.
    onError: (error) => deps.logger.error('deliveries.failed', { error }),
  });
}

export function deliveryStatement(delivery: Delivery): Statement {
  return {
    sql: 'INSERT INTO events_deliveries (due_ms, attempts, body) VALUES (?, 0, ?)',
    params: [delivery.createdMs, JSON.stringify(delivery)],
  };
}

/** False where nothing was due. What is due later than any retry waits was written by a clock that was set back since. */
async function deliverSome(deps: DeliveriesDeps): Promise<boolean> {
  const nowMs = deps.clock.nowMs();
  const rows = await deps.store.read<DeliveryRow>(
    `SELECT id, attempts, body FROM events_deliveries WHERE due_ms <= ? OR due_ms > ?
     ORDER BY due_ms, id LIMIT ?`,
    [nowMs, nowMs + LONGEST_PAUSE_MS, AT_ONCE],
  );
  if (rows.length === 0) return false;
  await deps.store.write(await Promise.all(rows.map((row) => deliverOne(deps, row))));
  return true;
}

async function deliverOne(deps: DeliveriesDeps, row: DeliveryRow): Promise<Statement> {
  const delivery = readDelivery(row);
  if (delivery === undefined) {
    deps.logger.error('delivery.damaged', { body: row.body });
    return removal(row);
  }
  try {
    const { arn, messageGroupId } = delivery.target;
    await handTo(deps, delivery, { target: arn, messageGroupId });
    return removal(row);
  } catch (error) {
    const nowMs = deps.clock.nowMs();
    const waitMs = pauseAfter(row.attempts);
    const reason = whyGivenUp(delivery, row.attempts, nowMs + waitMs, error);
    if (reason !== undefined) {
      await giveUp(deps, delivery, { reason, attempts: row.attempts, error });
      return removal(row);
    }
    return {
      sql: 'UPDATE events_deliveries SET attempts = attempts + 1, due_ms = ? WHERE id = ?',
      params: [nowMs + waitMs, row.id],
    };
  }
}

function readDelivery({ body }: DeliveryRow): Delivery | undefined {
  try {
    return JSON.parse(body) as Delivery;
  } catch {
    // Not what was written: the log keeps what is left of it.
    return undefined;
  }
}

function removal({ id }: DeliveryRow): Statement {
  return { sql: 'DELETE FROM events_deliveries WHERE id = ?', params: [id] };
}

/** AWS: a target that is not there or does not let EventBridge in is not tried again. */
function whyGivenUp(
  { target, createdMs }: Delivery,
  attempts: number,
  nextMs: number,
  error: unknown,
): string | undefined {
  if (!mayTakeLater(error)) return 'refused';
  if (attempts >= (target.maximumRetryAttempts ?? RETRIES)) return 'MaximumRetryAttempts';
  const lastMs = createdMs + (target.maximumEventAgeSeconds ?? AGE_SECONDS) * 1_000;
  return nextMs > lastMs ? 'MaximumEventAgeInSeconds' : undefined;
}

interface Failure {
  readonly reason: string;
  readonly attempts: number;
  readonly error: unknown;
}

async function giveUp(
  deps: DeliveriesDeps,
  delivery: Delivery,
  { reason, attempts, error }: Failure,
): Promise<void> {
  const { logger } = deps;
  const { ruleArn, target } = delivery;
  const fields = { rule: ruleArn, target: target.arn, reason };
  const { deadLetterArn } = target;
  logger.warn('event.undelivered', { ...fields, error });
  if (deadLetterArn === undefined) return;
  const text = (value: string): object => ({ DataType: 'String', StringValue: value });
  const { code, message } =
    error instanceof AwsError ? error : { code: 'SDK_CLIENT_ERROR', message: '' };
  const attributes = {
    RULE_ARN: text(ruleArn),
    TARGET_ARN: text(target.arn),
    ERROR_CODE: text(code),
    ...(message === '' ? {} : { ERROR_MESSAGE: text(message.slice(0, 1_024)) }),
    ...(reason === 'refused' ? {} : { EXHAUSTED_RETRY_CONDITION: text(reason) }),
    RETRY_ATTEMPTS: text(String(attempts)),
  };
  try {
    await handTo(deps, delivery, { target: deadLetterArn, attributes });
  } catch (deadLetterError) {
    // As on AWS the event is gone then; the log says so.
    logger.error('event.dropped', { ...fields, deadLetterArn, error: deadLetterError });
  }
}

function handTo(
  { callAs }: DeliveriesDeps,
  { ruleArn, account, body, traceHeader }: Delivery,
  to: Omit<EventForTarget, 'body'>,
): Promise<void> {
  const sender = { service: 'events.amazonaws.com', source: { arn: ruleArn, account } };
  return handOver(callAs, senderTo(to.target, sender, traceHeader), { ...to, body });
}
