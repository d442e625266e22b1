/**
 * The telemetry of one environment on its way to the extensions that have subscribed. What
 * happens before the first of them has done so is kept until init is over, so that each sees the
 * whole init. Without a subscriber, an event costs nothing from then on.
 */
import type { TelemetryKind } from '../log/platform-event.ts';
import { createHttpDelivery, type ConnectInto } from './http-delivery.ts';
import { Subscriber } from './subscriber.ts';
import type { Subscription } from './subscription.ts';
import { createTcpDelivery } from './tcp-delivery.ts';
import { encode, kindOf, type Dialect, type TelemetryEvent } from './telemetry-event.ts';

/** The most that is kept for those who have not subscribed yet. */
const KEPT_BYTES = 1_048_576;
const EVENT_OVERHEAD_BYTES = 100;
/** More than lines alone can be. */
const KEPT_EVENTS = 12_000;

interface Entry {
  readonly subscriber: Subscriber;
  readonly dialect: Dialect;
  readonly kinds: readonly TelemetryKind[];
}

export class TelemetryRelay {
  readonly #connect: ConnectInto;
  readonly #nowMs: () => number;
  /** Whether the function logs JSON, so that its lines may be objects. */
  readonly #isJson: boolean;
  readonly #entries = new Map<string, Entry>();
  #kept: TelemetryEvent[] = [];
  #keptBytes = 0;
  #isOpen = true;

  constructor(connect: ConnectInto, nowMs: () => number, isJson: boolean) {
    this.#connect = connect;
    this.#nowMs = nowMs;
    this.#isJson = isJson;
  }

  /** Whether anybody takes, or may still come to take, what is published. */
  get isWatched(): boolean {
    return this.#isOpen || this.#entries.size > 0;
  }

  get hasSubscribers(): boolean {
    return this.#entries.size > 0;
  }

  /** Whether a subscription is still taken. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  apiOf(extension: string): Dialect['api'] | undefined {
    return this.#entries.get(extension)?.dialect.api;
  }

  publish(event: TelemetryEvent): void {
    for (const entry of this.#entries.values()) this.#push(entry, event);
    if (this.#isOpen) this.#keep(event);
  }

  /** A second subscription of one extension takes the place of the first. */
  subscribe(extension: string, subscription: Subscription): void {
    const earlier = this.#entries.get(extension);
    earlier?.subscriber.close();
    const { dialect, kinds, buffering } = subscription;
    const subscriber = new Subscriber({
      buffering,
      delivery: this.#delivery(subscription),
      lossEvent: (record) => {
        if (!kinds.includes('platform')) return undefined;
        const event = { type: 'platform.logsDropped', record, atMs: this.#nowMs() } as const;
        return encode(event, dialect, this.#isJson)[0];
      },
    });
    const entry = { subscriber, dialect, kinds };
    this.#entries.set(extension, entry);
    for (const event of this.#kept) this.#push(entry, event);
  }

  /** Init is over. AWS: from then on nobody subscribes. */
  closeSubscriptions(): void {
    this.#isOpen = false;
    this.#kept = [];
    this.#keptBytes = 0;
  }

  /** The environment starts anew: its extensions are gone and will subscribe again. */
  reset(): void {
    this.close();
    this.#isOpen = true;
  }

  /** Sends what is buffered now; resolves when all of it was taken or given up. */
  async flush(): Promise<void> {
    await Promise.all([...this.#entries.values()].map(({ subscriber }) => subscriber.flush()));
  }

  /** Nothing is delivered any more, and no connection is left. */
  close(): void {
    for (const { subscriber } of this.#entries.values()) subscriber.close();
    this.#entries.clear();
    this.closeSubscriptions();
  }

  #push({ subscriber, dialect, kinds }: Entry, event: TelemetryEvent): void {
    const kind = kindOf(event);
    if (!kinds.includes(kind)) return;
    for (const text of encode(event, dialect, this.#isJson)) {
      subscriber.push(text, kind === 'platform');
    }
  }

  #keep(event: TelemetryEvent): void {
    const { record } = event;
    const isLine = typeof record === 'string';
    const sizeBytes = EVENT_OVERHEAD_BYTES + (isLine ? record.length : 0);
    // Of the platform's own events an init has a few, which a flood of lines must not push out.
    if (isLine && this.#keptBytes + sizeBytes > KEPT_BYTES) return;
    // An extension that subscribes again and again makes more of them.
    if (this.#kept.length >= KEPT_EVENTS) return;
    this.#kept.push(event);
    this.#keptBytes += sizeBytes;
  }

  #delivery({ destination }: Subscription): ReturnType<typeof createTcpDelivery> {
    return destination.protocol === 'HTTP'
      ? createHttpDelivery(this.#connect, destination)
      : createTcpDelivery(this.#connect, destination.port);
  }
}
