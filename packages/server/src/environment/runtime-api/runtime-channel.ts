/**
 * The Runtime API of one upgraded connection (`frames.ts`): the same calls on the same session as
 * over HTTP, for the runtimes that Hearth brings itself. What a runtime says by it is refused and
 * believed exactly as if it had come over HTTP; a connection that sends no frames is closed.
 */
import type { Socket } from 'node:net';
import type { AssignmentTaker, EventTaker } from './event-taker.ts';
import {
  assignmentFrame,
  FrameFault,
  FrameReader,
  invocationFrame,
  refusalFrame,
  type Frame,
} from './frames.ts';
import { invalidTransition, type Refusal } from './replies.ts';
import { reportedErrorType } from './reported-error-type.ts';
import { eventHead, type RuntimeEvent } from './runtime-event.ts';
import type { RuntimeSession } from './runtime-session.ts';

const SWITCHED =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: hearth-runtime\r\n\r\n';

export function serveChannel(socket: Socket, session: RuntimeSession, first: Buffer): void {
  const channel = new RuntimeChannel(socket, session);
  socket.write(SWITCHED);
  socket.on('data', (chunk: Buffer) => channel.push(chunk));
  // The other side may go at any time; whoever is parked is forgotten on 'close'.
  socket.on('error', () => {});
  if (first.length > 0) channel.push(first);
}

const MOST_UNREAD_BYTES = 65_536;

class RuntimeChannel implements EventTaker, AssignmentTaker {
  readonly #socket: Socket;
  readonly #session: RuntimeSession;
  readonly #reader: FrameReader;
  #forget: (() => void) | undefined;

  constructor(socket: Socket, session: RuntimeSession) {
    this.#socket = socket;
    this.#session = session;
    this.#reader = new FrameReader(session.limits.payloadBytes, (frame) => this.#serve(frame));
    socket.once('close', () => this.#forget?.());
  }

  push(chunk: Buffer): void {
    if (this.#session.isEnded) return;
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.#socket.destroy();
      if (!(error instanceof FrameFault)) throw error;
    }
  }

  take(event: RuntimeEvent): void {
    this.#forget = undefined;
    this.#socket.write(invocationFrame(eventHead(event), event.payload));
  }

  refuse(from: string, to: string): void {
    this.#refuse(invalidTransition(from, to));
  }

  takeAssignment(assignment: Uint8Array): void {
    this.#forget = undefined;
    this.#socket.write(assignmentFrame(assignment));
  }

  refuseAssignment(): void {
    this.#socket.destroy();
  }

  onGone(forget: () => void): void {
    this.#forget = forget;
  }

  #serve(frame: Frame): void {
    if (this.#session.isEnded) return;
    switch (frame.kind) {
      case 'next':
        this.#session.next(this);
        return;
      case 'await-assignment':
        this.#session.awaitAssignment(this);
        return;
      case 'response':
        this.#refuse(
          this.#session.answerWhole(frame.requestId, { kind: 'response', payload: frame.payload }),
        );
        return;
      case 'error': {
        const { payload } = frame;
        const errorType = reportedErrorType(
          { 'lambda-runtime-function-error-type': frame.errorType },
          payload,
        );
        this.#refuse(
          this.#session.answerWhole(frame.requestId, { kind: 'error', errorType, payload }),
        );
        return;
      }
      case 'oversized': {
        const { payloadBytes: limitBytes } = this.#session.limits;
        const tooLarge = { kind: 'too-large', limitBytes } as const;
        this.#refuse(this.#session.answerWhole(frame.requestId, tooLarge));
        return;
      }
    }
  }

  #refuse(refusal: Refusal | undefined): void {
    if (refusal === undefined) return;
    // Whoever goes on saying what is refused, and does not read it, is not listened to.
    if (this.#socket.writableLength > MOST_UNREAD_BYTES) {
      this.#socket.destroy();
      return;
    }
    this.#socket.write(refusalFrame(refusal));
  }
}
