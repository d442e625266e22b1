/**
 * The states of an execution environment and every change between them that is allowed. A pair
 * that the table does not name is refused. One owner (`environment/environment.ts`) applies the
 * steps; `environment/ARCHITECTURE.md` says what each state means.
 */
export type EnvironmentState =
  | 'creating'
  | 'initializing'
  | 'idle'
  | 'failed'
  | 'resetting'
  | 'busy'
  | 'responded'
  | 'stopping'
  | 'gone';

export type EnvironmentEvent =
  /** The runtime's process has been executed. */
  | 'started'
  /** The runtime asked for its next event. */
  | 'parked'
  /** Init ended in an error, an exit or its time limit. */
  | 'init-failed'
  /** An invocation was given to this environment. */
  | 'assigned'
  /** The runtime posted a response or an error. */
  | 'answered'
  /** Whoever decides so: it shall end now. */
  | 'stop'
  /** Its process tree is dead and nothing of its sandbox is left. */
  | 'destroyed';

type Transitions = Readonly<
  Record<EnvironmentState, Partial<Record<EnvironmentEvent, EnvironmentState>>>
>;

export const environmentTransitions: Transitions = {
  creating: { started: 'initializing', stop: 'stopping' },
  initializing: { parked: 'idle', 'init-failed': 'failed', stop: 'stopping' },
  idle: { assigned: 'busy', stop: 'stopping' },
  failed: { assigned: 'resetting', stop: 'stopping' },
  resetting: { parked: 'busy', stop: 'stopping' },
  busy: { answered: 'responded', stop: 'stopping' },
  responded: { parked: 'idle', stop: 'stopping' },
  stopping: { destroyed: 'gone' },
  gone: {},
};

/** The state after the event, or undefined where the event is refused. */
export function stepEnvironment(
  state: EnvironmentState,
  event: EnvironmentEvent,
): EnvironmentState | undefined {
  return environmentTransitions[state][event];
}
