import { describe, expect, test } from 'vitest';
import {
  stepEnvironment,
  type EnvironmentEvent,
  type EnvironmentState,
} from './environment-state.ts';

const events = [
  'started',
  'parked',
  'failed',
  'frozen',
  'assigned',
  'answered',
  'stop',
  'destroyed',
] as const satisfies readonly EnvironmentEvent[];

// One row for each state, one column for each event in the order above; '-' is a refusal.
const table: Record<EnvironmentState, string> = {
  creating: 'initializing - - - - - stopping -',
  initializing: '- idle resetting - - - stopping -',
  idle: '- - - frozen busy - stopping -',
  frozen: '- - - - busy - stopping -',
  busy: '- - resetting - - responded stopping -',
  responded: '- idle resetting - - - stopping -',
  resetting: '- - - - - - stopping reset',
  reset: '- - - - reinitializing - stopping -',
  reinitializing: '- busy resetting - - - stopping -',
  stopping: '- - - - - - - gone',
  gone: '- - - - - - - -',
};

describe('an execution environment', () => {
  const everyEvent: Record<EnvironmentEvent, true> = {
    started: true,
    parked: true,
    failed: true,
    frozen: true,
    assigned: true,
    answered: true,
    stop: true,
    destroyed: true,
  };

  test('has a column in the table for every event', () => {
    expect([...events].toSorted()).toEqual(Object.keys(everyEvent).toSorted());
  });

  for (const [state, row] of Object.entries(table) as [EnvironmentState, string][]) {
    test(`in state ${state} takes exactly the steps of the table`, () => {
      const taken = events.map((event) => stepEnvironment(state, event) ?? '-');
      expect(taken.join(' ')).toBe(row);
    });
  }

  test('can be stopped from every state that is not already an end', () => {
    for (const state of Object.keys(table) as EnvironmentState[]) {
      const isEnding = state === 'stopping' || state === 'gone';
      expect(stepEnvironment(state, 'stop')).toBe(isEnding ? undefined : 'stopping');
    }
  });
});
