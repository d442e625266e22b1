/**
 * One extension of an environment: its state as AWS names it, what it has subscribed to, and the
 * `next` that it waits in. An event that is sent while its connection is broken is kept for the
 * `next` that follows. Mirrors AWS's "Using the Lambda Extensions API".
 */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { replyEvent } from './extension-replies.ts';

export type ExtensionEvent = 'INVOKE' | 'SHUTDOWN';

/** AWS's names; they appear in refusals and in the EXTENSION lines of the log. */
export type ExtensionPhase =
  /** An external one whose process runs; an internal one begins as registered. */
  | 'Started'
  | 'Registered'
  /** It waits for an event. */
  | 'Ready'
  /** It has an event. */
  | 'Running'
  | 'InitError'
  | 'ExitError'
  /** Its program could not be executed. */
  | 'LaunchError';

const mayAsk: ReadonlySet<ExtensionPhase> = new Set(['Registered', 'Ready', 'Running']);

export class Extension {
  readonly name: string;
  /** Started by the platform from /opt/extensions; the others live in the runtime's process. */
  readonly isExternal: boolean;
  readonly identifier: string = randomUUID();
  phase: ExtensionPhase = 'Started';
  errorType: string | undefined;
  events: readonly ExtensionEvent[] = [];
  #parked: ServerResponse | undefined;
  /** An event that nobody has taken yet. */
  #pending: object | undefined;

  constructor(name: string, isExternal: boolean) {
    this.name = name;
    this.isExternal = isExternal;
  }

  register(events: readonly ExtensionEvent[]): void {
    this.phase = 'Registered';
    this.events = events;
  }

  /** Whether its `next` is open, so that an event reaches it at once. */
  get isWaiting(): boolean {
    return this.#parked !== undefined;
  }

  /** Whether this `next` was taken; a second one beside the first is not. */
  park(response: ServerResponse): boolean {
    if (!mayAsk.has(this.phase) || this.#parked !== undefined) return false;
    this.#parked = response;
    response.once('close', () => {
      if (this.#parked === response) this.#parked = undefined;
    });
    if (this.#pending === undefined) this.phase = 'Ready';
    else this.#handOver();
    return true;
  }

  send(event: object): void {
    this.#pending = event;
    if (this.phase === 'Ready') this.phase = 'Running';
    this.#handOver();
  }

  fail(phase: 'InitError' | 'ExitError' | 'LaunchError', errorType: string): void {
    this.phase = phase;
    this.errorType = errorType;
  }

  #handOver(): void {
    const response = this.#parked;
    if (response === undefined || this.#pending === undefined) return;
    replyEvent(response, this.#pending);
    this.#parked = undefined;
    this.#pending = undefined;
  }
}
