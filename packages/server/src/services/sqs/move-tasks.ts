/**
 * Message move tasks: from a dead-letter queue back to where its messages came from, or to a queue
 * that the caller names. A task is not durable: one that a stop of the server ended has moved
 * whole messages only, and is started again by its caller.
 */
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import { closeable, type Closeable } from '../../lib/lifetime.ts';
import type { Logger } from '../../lib/logger.ts';
import type { DurableQueue } from '../../store/queue/durable-queue.ts';
import { arnOfMessages, messagesOf, queueArn, type QueueRecord } from './queue-record.ts';
import type { QueueRepository } from './queue-repository.ts';

export interface MoveTask {
  readonly id: string;
  readonly sourceArn: string;
  readonly destinationArn: string | undefined;
  readonly perSecond: number | undefined;
  readonly startedMs: number;
  readonly toMove: number;
  moved: number;
  status: 'RUNNING' | 'COMPLETED' | 'CANCELLING' | 'CANCELLED' | 'FAILED';
  failure: string | undefined;
}

export interface MoveTaskDeps {
  readonly records: QueueRepository;
  readonly messages: DurableQueue;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
}

/** AWS: only the newest of a queue are listed. */
const KEPT_TASKS = 10;
/** How long a message is invisible while it is moved; after a crash it is visible again then. */
const MOVING_MS = 30_000;

export class MoveTasks {
  readonly #deps: MoveTaskDeps;
  readonly #tasks: MoveTask[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  readonly lifetime: Closeable = closeable(async () => {
    this.#stop.abort();
    await Promise.allSettled(this.#running);
  });

  constructor(deps: MoveTaskDeps) {
    this.#deps = deps;
  }

  /** Newest first. */
  of(sourceArn: string): readonly MoveTask[] {
    return this.#tasks.filter((each) => each.sourceArn === sourceArn);
  }

  start(source: QueueRecord, destinationArn: string | undefined, perSecond?: number): MoveTask {
    const task: MoveTask = {
      id: this.#deps.ids.uuid(),
      sourceArn: queueArn(source),
      destinationArn,
      perSecond,
      startedMs: this.#deps.clock.nowMs(),
      toMove: this.#deps.messages.counts(messagesOf(source)).visible,
      moved: 0,
      status: 'RUNNING',
      failure: undefined,
    };
    this.#tasks.unshift(task);
    for (const old of this.of(task.sourceArn).slice(KEPT_TASKS)) {
      this.#tasks.splice(this.#tasks.indexOf(old), 1);
    }
    const running = this.#run(task, source).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return task;
  }

  async #run(task: MoveTask, source: QueueRecord): Promise<void> {
    try {
      while (task.status === 'RUNNING' && task.moved < task.toMove) {
        if (this.#stop.signal.aborted) return;
        if (!(await this.#moveOne(task, source))) break;
        if (task.perSecond !== undefined) await this.#pause(1_000 / task.perSecond);
      }
      if (task.status === 'CANCELLING') task.status = 'CANCELLED';
      if (task.status === 'RUNNING') task.status = 'COMPLETED';
    } catch (error) {
      task.status = 'FAILED';
      task.failure ??= 'InternalError';
      this.#deps.logger.error('message move task failed', { task: task.id, error });
    }
  }

  async #moveOne(task: MoveTask, source: QueueRecord): Promise<boolean> {
    const { messages, records, ids } = this.#deps;
    const place = messagesOf(source);
    const [entry] = await messages.receive(place, { most: 1, visibilityMs: MOVING_MS });
    if (entry === undefined) return false;
    const origin = entry.movedFrom === undefined ? '' : arnOfMessages(entry.movedFrom);
    const target = records.findByArn(task.destinationArn ?? origin);
    if (target === undefined) {
      await messages.hold(place, entry.receipt, 0);
      task.status = 'FAILED';
      task.failure = 'AWS.SimpleQueueService.NonExistentQueue';
      return false;
    }
    await messages.move(place, entry.receipt, messagesOf(target), ids.uuid());
    task.moved += 1;
    return true;
  }

  /** Ends early when the server does. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this.#stop;
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done);
    });
  }
}
