/** Whoever asks for a runtime's next event, or for the assignment of a booted one. */
import type { ServerResponse } from 'node:http';
import { invalidTransition, replyAssignment, replyRefused, replyUnknown } from './replies.ts';
import { writeEvent, type RuntimeEvent } from './runtime-event.ts';

interface Asking {
  /** Calls `forget` when nothing can be given to it any more. */
  onGone(forget: () => void): void;
}

export interface EventTaker extends Asking {
  take(event: RuntimeEvent): void;
  /** A runtime in state `from` may not ask. */
  refuse(from: string, to: string): void;
}

export interface AssignmentTaker extends Asking {
  takeAssignment(assignment: Uint8Array): void;
  refuseAssignment(): void;
}

export function httpTaker(response: ServerResponse): EventTaker & AssignmentTaker {
  return {
    take: (event) => writeEvent(response, event),
    refuse: (from, to) => replyRefused(response, invalidTransition(from, to)),
    takeAssignment: (assignment) => replyAssignment(response, assignment),
    refuseAssignment: () => replyUnknown(response),
    onGone: (forget) => void response.once('close', forget),
  };
}
