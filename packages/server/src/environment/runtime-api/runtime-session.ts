/**
 * The Runtime API's side of one runtime process: which calls it may make now, the parked `next`,
 * and the one event that it works on. One sandbox has one session; requests reach it because of
 * the listener that accepted their socket, never because of what they say. A call that the
 * runtime may not make now is refused with AWS's error and changes nothing.
 *
 * A session may begin before there is a function ('Booted'): then it hands out rehearsals, and one
 * assignment, once. From then on it is like any other, and the assignment's path is unknown in it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { awsLimits, type Limits } from '../../core/adjustable-limits.ts';
import type { ResponseSink } from '../../core/response-sink.ts';
import { invariant } from '../../lib/invariant.ts';
import { ExtensionRegistry } from '../extensions-api/extension-registry.ts';
import type { TelemetrySource } from '../telemetry/serve-telemetry.ts';
import type { Metadata } from '../metadata.ts';
import { collectBody } from './collect-body.ts';
import type { AssignmentTaker, EventTaker } from './event-taker.ts';
import { responseMode, reportInTrailers, streamBody } from './stream-body.ts';
import { reportedErrorType } from './reported-error-type.ts';
import {
  invalidRequestId,
  invalidTransition,
  replyAccepted,
  replyInvalidMode,
  replyRefused,
  replyTooLarge,
  type Refusal,
} from './replies.ts';
import type { RuntimeEvent } from './runtime-event.ts';

/** What the owner of a session learns. Each is called synchronously, in the order of events. */
export interface RuntimeListener {
  /** The runtime waits for an event: once after init, once after each answer. */
  parked(): void;
  initFailed(report: ErrorReport): void;
  /** An answer begins to arrive; again when the connection of the first broke. */
  answering?(): void;
  /** At most once for each event. */
  answered(answer: RuntimeAnswer): void;
}

export interface ErrorReport {
  readonly errorType: string;
  readonly payload: Uint8Array;
}

export type RuntimeAnswer =
  /** A streamed one has gone to the caller already: only its size is left. */
  | { readonly kind: 'response'; readonly payload: Uint8Array; readonly streamedBytes?: number }
  | ({ readonly kind: 'error' } & ErrorReport)
  | { readonly kind: 'too-large'; readonly limitBytes: number };

/** AWS's names of the runtime's states; they appear in the bodies of refusals. */
type Phase =
  | 'Booted'
  | 'Started'
  | 'InitError'
  | 'Ready'
  | 'Running'
  | 'InvocationResponse'
  | 'InvocationErrorResponse'
  | 'RuntimeResponseSentState';

/** What a booted runtime practises on; it is of nobody and reaches nobody. */
const REHEARSAL: RuntimeEvent = {
  requestId: 'rehearsal',
  deadlineAtMs: 0,
  invokedArn: 'arn:aws:lambda:rehearsal',
  traceHeader: 'Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0',
  payload: Buffer.from('{}'),
};

/** Enough for any runtime; a sandbox that opens more only loses the surplus. */
const MAX_CONNECTIONS = 64;

/** Until the exit of a process is known whose connection has broken. */
const EXIT_NOTICE_MS = 250;

/** A streamed answer whose connection broke: the rest of it can never come. */
const truncated: ErrorReport = {
  errorType: 'Runtime.TruncatedResponse',
  payload: new Uint8Array(),
};

export class RuntimeSession {
  readonly extensions = new ExtensionRegistry();
  /** Set when there is a function whose telemetry its extensions may have. */
  telemetry: TelemetrySource | undefined;
  /** Set when there is a function that may ask for it. */
  metadata: Metadata | undefined;
  #listener: RuntimeListener | undefined;
  readonly #onBooted: (() => void) | undefined;
  readonly limits: Limits;
  readonly #sockets = new Set<Socket>();
  #phase: Phase;
  #parked: EventTaker | undefined;
  #unassigned: AssignmentTaker | undefined;
  /** The event of the current or last invocation: its id stays valid until the next one. */
  #event: RuntimeEvent | undefined;
  #isDelivered = false;
  #hasChannel = false;
  #isEnded = false;

  /** With `onBooted` it begins without a function, and that is called when it could take one. */
  constructor(
    listener: RuntimeListener | { readonly onBooted: () => void },
    limits: Limits = awsLimits,
  ) {
    const isBooting = 'onBooted' in listener;
    this.#listener = isBooting ? undefined : listener;
    this.#onBooted = isBooting ? listener.onBooted : undefined;
    this.#phase = isBooting ? 'Booted' : 'Started';
    this.limits = limits;
  }

  awaitAssignment(taker: AssignmentTaker): void {
    if (this.#phase !== 'Booted' || this.#unassigned !== undefined) {
      taker.refuseAssignment();
      return;
    }
    this.#unassigned = taker;
    taker.onGone(() => {
      if (this.#unassigned === taker) this.#unassigned = undefined;
    });
    this.#onBooted?.();
  }

  /** Whether the runtime waits for its assignment now. */
  get isAssignable(): boolean {
    return this.#phase === 'Booted' && this.#unassigned !== undefined && !this.#isEnded;
  }

  /** Makes it the session of a function, and tells the runtime which. Once. */
  assign(listener: RuntimeListener, assignment: Uint8Array): void {
    const taker = this.#unassigned;
    invariant(this.isAssignable && taker !== undefined, 'only a waiting runtime is assigned');
    this.#unassigned = undefined;
    this.#listener = listener;
    this.#phase = 'Started';
    taker.takeAssignment(assignment);
  }

  /** Whether a channel may be opened: a sandbox has one, because each may hold an answer. */
  openChannel(): boolean {
    const isFirst = !this.#hasChannel;
    this.#hasChannel = true;
    return isFirst;
  }

  /** Whether this connection may be served. */
  admit(socket: Socket): boolean {
    // Extensions may come back for their last event after the runtime's end.
    const isOver = this.#isEnded && this.extensions.all.length === 0;
    if (isOver || this.extensions.isEnded || this.#sockets.size >= MAX_CONNECTIONS) return false;
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return true;
  }

  /** Hands the event to the parked `next`, or to the one that comes after a broken connection. */
  deliver(event: RuntimeEvent): void {
    this.#event = event;
    this.#isDelivered = false;
    this.#phase = 'Running';
    this.#deliverToParked();
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /**
   * Nothing that arrives from now on has any effect. The connections stay until `cut`: a runtime
   * that lost them before it is killed would write its surprise into the function's log.
   */
  end(): void {
    this.#isEnded = true;
  }

  cut(): void {
    this.end();
    this.extensions.end();
    for (const socket of this.#sockets) socket.destroy();
  }

  next(taker: EventTaker): void {
    if (this.#phase === 'Booted') {
      taker.take(REHEARSAL);
      return;
    }
    const isWaitingForEvent = this.#phase === 'Running' && !this.#isDelivered;
    const mayPark =
      this.#phase === 'Started' ||
      this.#phase === 'RuntimeResponseSentState' ||
      this.#phase === 'Ready' ||
      isWaitingForEvent;
    // AWS's emulator lets a second `next` wait, and repeats the event to a runtime that asks in the
    // middle of an invocation. Refusing both makes sure that one event has one taker.
    if (!mayPark || this.#parked !== undefined) {
      taker.refuse(this.#phase, 'Ready');
      return;
    }
    this.#park(taker);
    if (isWaitingForEvent) this.#deliverToParked();
    if (this.#phase === 'Ready' || isWaitingForEvent) return;
    this.#phase = 'Ready';
    this.#event = undefined;
    this.#listener?.parked();
  }

  async answer(id: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#phase === 'Booted') {
      await collectBody(request, this.limits.payloadBytes);
      replyAccepted(response);
      return;
    }
    const mode = responseMode(request.headers);
    const sink = mode === 'streaming' ? this.#event?.sink : undefined;
    if (mode === 'invalid') return this.#refuseMode(id, response);
    if (sink !== undefined) return this.#stream(id, request, response, sink);
    const payload = await this.#collect('InvocationResponse', id, request, response);
    if (payload === undefined) return;
    const failed = mode === 'streaming' ? reportInTrailers(request) : undefined;
    this.#finish(
      response,
      failed === undefined ? { kind: 'response', payload } : { kind: 'error', ...failed },
    );
  }

  /** An answer that came whole, by a channel. */
  answerWhole(id: string, answer: RuntimeAnswer): Refusal | undefined {
    if (this.#phase === 'Booted') return undefined;
    const isError = answer.kind === 'error';
    const refusal = this.#refusalOf(isError ? 'InvocationErrorResponse' : 'InvocationResponse', id);
    if (refusal === undefined) this.#sent(answer);
    return refusal;
  }

  async fail(id: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const payload = await this.#collect('InvocationErrorResponse', id, request, response);
    if (payload === undefined) return;
    const errorType = reportedErrorType(request.headers, payload);
    this.#finish(response, { kind: 'error', errorType, payload });
  }

  async failInit(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#phase !== 'Started') {
      replyRefused(response, invalidTransition(this.#phase, 'InitError'));
      return;
    }
    this.#phase = 'InitError';
    const body = await collectBody(request, this.limits.payloadBytes);
    if (this.#isEnded) return;
    if (body.kind === 'aborted') {
      this.#phase = 'Started';
      return;
    }
    if (body.kind === 'too-large') replyTooLarge(response, this.limits.payloadBytes);
    else replyAccepted(response);
    const payload = body.kind === 'complete' ? body.bytes : new Uint8Array();
    this.#listener?.initFailed({ errorType: reportedErrorType(request.headers, payload), payload });
  }

  /** The body of an answer; undefined where the request was refused, too large or broken off. */
  async #collect(
    phase: 'InvocationResponse' | 'InvocationErrorResponse',
    id: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<Uint8Array | undefined> {
    if (!this.#begins(phase, id, response)) return undefined;
    const body = await collectBody(request, this.limits.payloadBytes);
    if (this.#isEnded) return undefined;
    if (body.kind === 'complete') return body.bytes;
    if (body.kind === 'too-large') {
      replyTooLarge(response, this.limits.payloadBytes);
      this.#sent({ kind: 'too-large', limitBytes: this.limits.payloadBytes });
    } else {
      // A connection that breaks half-way has answered nothing: the runtime may send it again.
      this.#phase = 'Running';
    }
    return undefined;
  }

  /** Whether the runtime may answer this event now; where it may not, it is told so. */
  #begins(
    phase: 'InvocationResponse' | 'InvocationErrorResponse',
    id: string,
    response: ServerResponse,
  ): boolean {
    const refusal = this.#refusalOf(phase, id);
    if (refusal !== undefined) {
      replyRefused(response, refusal);
      return false;
    }
    this.#phase = phase;
    this.#listener?.answering?.();
    return true;
  }

  #refusalOf(
    phase: 'InvocationResponse' | 'InvocationErrorResponse',
    id: string,
  ): Refusal | undefined {
    if (this.#event?.requestId !== id) return invalidRequestId;
    const mayAnswer = this.#phase === 'Running' && this.#isDelivered;
    return mayAnswer ? undefined : invalidTransition(this.#phase, phase);
  }

  /** The answer goes to the caller while it comes in; the invocation is answered at its end. */
  async #stream(
    id: string,
    request: IncomingMessage,
    response: ServerResponse,
    sink: ResponseSink,
  ): Promise<void> {
    if (!this.#begins('InvocationResponse', id, response)) return;
    const contentType = request.headers['content-type'];
    sink.begin({ contentType });
    let streamedBytes = 0;
    const { streamBytes } = this.limits;
    const counted = {
      write(chunk: Uint8Array): Promise<void> | undefined {
        streamedBytes += chunk.length;
        return sink.write(chunk);
      },
    };
    const end = await streamBody(request, counted, streamBytes);
    // A process that dies takes its connection with it a moment before it is known to be dead.
    if (end === 'aborted') await sleep(EXIT_NOTICE_MS);
    if (this.#isEnded) return;
    if (end === 'too-large') {
      replyTooLarge(response, streamBytes);
      this.#sent({ kind: 'too-large', limitBytes: streamBytes });
      return;
    }
    if (end === 'aborted') return this.#sent({ kind: 'error', ...truncated });
    const failed = reportInTrailers(request);
    const empty = new Uint8Array();
    this.#finish(
      response,
      failed === undefined
        ? { kind: 'response', payload: empty, streamedBytes }
        : { kind: 'error', ...failed },
    );
  }

  /** AWS's emulator: it is the answer to the event, too. */
  #refuseMode(id: string, response: ServerResponse): void {
    if (!this.#begins('InvocationResponse', id, response)) return;
    replyInvalidMode(response);
    const errorType = 'Runtime.InvalidResponseModeHeader';
    this.#sent({ kind: 'error', errorType, payload: new Uint8Array() });
  }

  #finish(response: ServerResponse, answer: RuntimeAnswer): void {
    replyAccepted(response);
    this.#sent(answer);
  }

  #sent(answer: RuntimeAnswer): void {
    this.#phase = 'RuntimeResponseSentState';
    this.#listener?.answered(answer);
  }

  #park(taker: EventTaker): void {
    this.#parked = taker;
    taker.onGone(() => {
      if (this.#parked === taker) this.#parked = undefined;
    });
  }

  #deliverToParked(): void {
    const taker = this.#parked;
    if (taker === undefined || this.#event === undefined) return;
    this.#parked = undefined;
    this.#isDelivered = true;
    taker.take(this.#event);
  }
}
