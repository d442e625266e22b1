/**
 * Events on their way to targets: rows that are written with what they come from, in one transaction, and
 * handed over afterwards, each at least once and in the name of the service that sends them, which the policy
 * of the target has to let in. What a target cannot take now it gets later; what is given up goes to the
 * dead-letter queue, where there is one.
 */
import { LONGEST_PAUSE_MS } from '../core/async-event.ts';
import type { CallAs } from '../core/call-as.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { startRounds, type Rounds } from '../lib/rounds.ts';
import type { Statement, Store } from '../store/store.ts';
import {
  handOver,
  mayTakeLater,
  senderTo,
  type EventForTarget,
  type EventSender,
} from './hand-over.ts';

/** What is known of every one; a service adds what it needs. */
export interface Delivery {
  readonly createdMs: number;
  /** Of what the event comes from. */
  readonly traceHeader?: string;
}

/** How one service delivers. */
export interface DeliveryKind<Sent extends Delivery> {
  readonly table: 'events_deliveries' | 'sns_deliveries';
  readonly sender: (delivery: Sent) => EventSender;
  readonly event: (delivery: Sent) => EventForTarget;
  /** Undefined where there is no dead-letter queue. */
  readonly deadLetter: (delivery: Sent, failure: DeliveryFailure) => EventForTarget | undefined;
  /** After the first attempt it is 0. */
  readonly pauseMs: (attempts: number) => number;
  readonly retries: (delivery: Sent) => number;
  readonly ageSeconds: (delivery: Sent) => number;
}

export interface DeliveryFailure {
  readonly reason: 'refused' | 'MaximumRetryAttempts' | 'MaximumEventAgeInSeconds';
  readonly attempts: number;
  readonly error: unknown;
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

export function startDeliveries<Sent extends Delivery>(
  deps: DeliveriesDeps,
  kind: DeliveryKind<Sent>,
): Rounds {
  const deliveries = new Deliveries(deps, kind);
  const round = async (closing: AbortSignal): Promise<void> => {
    while (!closing.aborted && (await deliveries.deliverSome()));
  };
  return startRounds(round, {
    everyMs: LOOK_MS,
    // The rows are there still: the next round finds them.
    onError: (error) => deps.logger.error('deliveries.failed', { error }),
  });
}

export function deliveryStatement<Sent extends Delivery>(
  { table }: Pick<DeliveryKind<Sent>, 'table'>,
  delivery: Sent,
): Statement {
  return {
    sql: `INSERT INTO ${table} (due_ms, attempts, body) VALUES (?, 0, ?)`,
    params: [delivery.createdMs, JSON.stringify(delivery)],
  };
}

class Deliveries<Sent extends Delivery> {
  readonly #deps: DeliveriesDeps;
  readonly #kind: DeliveryKind<Sent>;

  constructor(deps: DeliveriesDeps, kind: DeliveryKind<Sent>) {
    this.#deps = deps;
    this.#kind = kind;
  }

  /** False where nothing was due. What is due later than any retry waits was written by a clock that was set back since. */
  async deliverSome(): Promise<boolean> {
    const { store, clock } = this.#deps;
    const nowMs = clock.nowMs();
    const rows = await store.read<DeliveryRow>(
      `SELECT id, attempts, body FROM ${this.#kind.table} WHERE due_ms <= ? OR due_ms > ?
       ORDER BY due_ms, id LIMIT ?`,
      [nowMs, nowMs + LONGEST_PAUSE_MS, AT_ONCE],
    );
    if (rows.length === 0) return false;
    await store.write(await Promise.all(rows.map((row) => this.#deliverOne(row))));
    return true;
  }

  async #deliverOne(row: DeliveryRow): Promise<Statement> {
    const delivery = readDelivery(row) as Sent | undefined;
    if (delivery === undefined) {
      this.#deps.logger.error('delivery.damaged', { body: row.body });
      return this.#removal(row);
    }
    try {
      await this.#handTo(delivery, this.#kind.event(delivery));
      return this.#removal(row);
    } catch (error) {
      const nowMs = this.#deps.clock.nowMs();
      const waitMs = this.#kind.pauseMs(row.attempts);
      const reason = this.#whyGivenUp(delivery, row.attempts, nowMs + waitMs, error);
      if (reason !== undefined) {
        await this.#giveUp(delivery, { reason, attempts: row.attempts, error });
        return this.#removal(row);
      }
      return {
        sql: `UPDATE ${this.#kind.table} SET attempts = attempts + 1, due_ms = ? WHERE id = ?`,
        params: [nowMs + waitMs, row.id],
      };
    }
  }

  #removal({ id }: DeliveryRow): Statement {
    return { sql: `DELETE FROM ${this.#kind.table} WHERE id = ?`, params: [id] };
  }

  /** AWS: a target that is not there or does not let the service in is not tried again. */
  #whyGivenUp(
    delivery: Sent,
    attempts: number,
    nextMs: number,
    error: unknown,
  ): DeliveryFailure['reason'] | undefined {
    if (!mayTakeLater(error)) return 'refused';
    if (attempts >= this.#kind.retries(delivery)) return 'MaximumRetryAttempts';
    const lastMs = delivery.createdMs + this.#kind.ageSeconds(delivery) * 1_000;
    return nextMs > lastMs ? 'MaximumEventAgeInSeconds' : undefined;
  }

  async #giveUp(delivery: Sent, failure: DeliveryFailure): Promise<void> {
    const { logger } = this.#deps;
    const { source } = this.#kind.sender(delivery);
    const { target } = this.#kind.event(delivery);
    const fields = { source: source.arn, target, reason: failure.reason };
    logger.warn('event.undelivered', { ...fields, error: failure.error });
    const letter = this.#kind.deadLetter(delivery, failure);
    if (letter === undefined) return;
    try {
      await this.#handTo(delivery, letter);
    } catch (error) {
      // As on AWS the event is gone then; the log says so.
      logger.error('event.dropped', { ...fields, deadLetterArn: letter.target, error });
    }
  }

  #handTo(delivery: Sent, event: EventForTarget): Promise<void> {
    const sender = this.#kind.sender(delivery);
    return handOver(this.#deps.callAs, senderTo(event.target, sender, delivery.traceHeader), event);
  }
}

function readDelivery({ body }: DeliveryRow): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // Not what was written: the log keeps what is left of it.
    return undefined;
  }
}
