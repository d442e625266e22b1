/**
 * The states of an execution environment and every change between them that is allowed. A pair
 * that the table does not name is refused. One owner (`environment/environment.ts`) applies the
 * steps; `environment/ARCHITECTURE.md` says what each state means.
 */
export type EnvironmentState =
  | 'creating'
  | 'initializing'
  | 'idle'
  | 'frozen'
  | 'busy'
  | 'responded'
  | 'resetting'
  | 'reset'
  | 'reinitializing'
  | 'stopping'
  | 'gone';

export type EnvironmentEvent =
  /** The runtime's process has been executed. */
  | 'started'
  /** The runtime asked for its next event. */
  | 'parked'
  /** Init or an invocation ended in an exit, a time limit or an error that ends the runtime. */
  | 'failed'
  /** Its processes were stopped from running because nothing was asked of them. */
  | 'frozen'
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
  initializing: { parked: 'idle', failed: 'resetting', stop: 'stopping' },
  idle: { assigned: 'busy', frozen: 'frozen', stop: 'stopping' },
  frozen: { assigned: 'busy', stop: 'stopping' },
  busy: { answered: 'responded', failed: 'resetting', stop: 'stopping' },
  responded: { parked: 'idle', failed: 'resetting', stop: 'stopping' },
  resetting: { destroyed: 'reset', stop: 'stopping' },
  reset: { assigned: 'reinitializing', stop: 'stopping' },
  reinitializing: { parked: 'busy', failed: 'resetting', stop: 'stopping' },
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
