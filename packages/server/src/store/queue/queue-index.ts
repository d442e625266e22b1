/**
 * What one queue would hand out, in memory: pure of disk and clock. The owner writes first and
 * tells the index after; only `take` is told before, because an entry that is being handed out
 * must not be taken twice.
 */
import { DueHeap } from './due-heap.ts';
import type { QueueCounts } from './durable-queue.ts';
import { Lane } from './lane.ts';
import type { QueueEntry } from './queue-entry.ts';

export class QueueIndex {
  readonly #bySequence = new Map<number, QueueEntry>();
  readonly #freeLanes = new Map<string, Lane>();
  readonly #orderedLanes = new Map<string, Lane>();
  /** Lanes that may have something to take, in the order of their turns. */
  readonly #turns = new Set<Lane>();
  readonly #due = new DueHeap();
  #inFlight = 0;
  #delayed = 0;

  get size(): number {
    return this.#bySequence.size;
  }

  get visible(): number {
    return this.size - this.#inFlight - this.#delayed;
  }

  find(sequence: number): QueueEntry | undefined {
    return this.#bySequence.get(sequence);
  }

  /** All entries, in the order of their sequence unless some were moved. */
  entries(): IterableIterator<QueueEntry> {
    return this.#bySequence.values();
  }

  /** `visible`, `delayed` or, when a server starts, `in-flight`. */
  add(entry: QueueEntry): void {
    this.#bySequence.set(entry.sequence, entry);
    const lane = this.#laneOf(entry);
    if (entry.state === 'in-flight') {
      this.#inFlight += 1;
      lane.inFlight += 1;
      this.#due.add(entry);
      this.#reconsider(lane);
      return;
    }
    if (entry.state === 'delayed') {
      this.#delayed += 1;
      this.#due.add(entry);
    }
    if (entry.state === 'visible' || lane.isOrdered) lane.add(entry);
    this.#reconsider(lane);
  }

  /** Makes visible what is due. */
  advance(nowMs: number): void {
    for (let entry = this.#due.take(nowMs); entry; entry = this.#due.take(nowMs)) {
      this.show(entry);
    }
  }

  /** When the next one is due, or was. */
  get nextDueMs(): number | undefined {
    return this.#due.nextMs();
  }

  /**
   * Up to `most` entries that `accept` lets through, and those on the way that it does not. All
   * are `in-flight` then; when that ends is set with `keepUntil`.
   */
  take(most: number, accept: (entry: QueueEntry) => boolean): Taken {
    const accepted: QueueEntry[] = [];
    const refused: QueueEntry[] = [];
    while (accepted.length < most) {
      const [lane] = this.#turns;
      if (lane === undefined) break;
      this.#turns.delete(lane);
      // AWS: as many as possible of one ordered group come together; other lanes take turns.
      do {
        const entry = lane.head();
        if (entry === undefined || entry.state !== 'visible') break;
        lane.shift();
        lane.inFlight += 1;
        this.#inFlight += 1;
        entry.state = 'in-flight';
        (accept(entry) ? accepted : refused).push(entry);
      } while (lane.isOrdered && accepted.length < most);
      this.#reconsider(lane);
    }
    return { accepted, refused };
  }

  /** `Infinity`: until something else is said of it. */
  keepUntil(entry: QueueEntry, dueMs: number): void {
    entry.dueMs = dueMs;
    // What is never due would stay at the end of the heap for good.
    if (dueMs < Number.POSITIVE_INFINITY) this.#due.add(entry);
  }

  /** It is in nobody's hands, and visible later. */
  delay(entry: QueueEntry, dueMs: number): void {
    this.#leave(entry, this.#laneOf(entry));
    entry.state = 'delayed';
    entry.dueMs = dueMs;
    this.add(entry);
  }

  /** It is visible (again). */
  show(entry: QueueEntry): void {
    if (entry.state === 'removed' || entry.state === 'visible') return;
    const lane = this.#laneOf(entry);
    const wasInFlight = entry.state === 'in-flight';
    this.#leave(entry, lane);
    entry.state = 'visible';
    if (wasInFlight || !lane.isOrdered) lane.add(entry);
    this.#reconsider(lane);
  }

  remove(entry: QueueEntry): void {
    if (entry.state === 'removed') return;
    const lane = this.#laneOf(entry);
    this.#leave(entry, lane);
    entry.state = 'removed';
    this.#bySequence.delete(entry.sequence);
    // What is delayed in a lane without order lies in none: it makes the lane again.
    if (lane.inFlight === 0 && lane.isEmpty) this.#drop(entry, lane);
    else this.#reconsider(lane);
  }

  counts(): QueueCounts {
    const inFlight = this.#inFlight;
    const delayed = this.#delayed;
    return {
      inFlight,
      delayed,
      visible: this.visible,
      oldestSentAtMs: this.#oldest(),
    };
  }

  #leave({ state }: QueueEntry, lane: Lane): void {
    if (state === 'in-flight') {
      this.#inFlight -= 1;
      lane.inFlight -= 1;
    }
    if (state === 'delayed') this.#delayed -= 1;
  }

  #reconsider(lane: Lane): void {
    const isBlocked = lane.isOrdered && lane.inFlight > 0;
    if (!isBlocked && lane.head()?.state === 'visible') this.#turns.add(lane);
    else this.#turns.delete(lane);
  }

  #laneOf({ lane: name, isOrdered }: QueueEntry): Lane {
    const lanes = isOrdered ? this.#orderedLanes : this.#freeLanes;
    let lane = lanes.get(name);
    if (lane === undefined) {
      lane = new Lane(isOrdered);
      lanes.set(name, lane);
    }
    return lane;
  }

  #drop({ lane: name, isOrdered }: QueueEntry, lane: Lane): void {
    this.#turns.delete(lane);
    (isOrdered ? this.#orderedLanes : this.#freeLanes).delete(name);
  }

  #oldest(): number | undefined {
    let oldest: number | undefined;
    for (const entry of this.#bySequence.values()) {
      if (entry.state === 'in-flight') continue;
      oldest = Math.min(oldest ?? entry.sentAtMs, entry.sentAtMs);
      // Entries lie in the order in which they were sent, but for those that were moved here.
      if (entry.movedFrom === undefined) break;
    }
    return oldest;
  }
}

export interface Taken {
  readonly accepted: readonly QueueEntry[];
  readonly refused: readonly QueueEntry[];
}
