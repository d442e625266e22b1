import { expect, test } from 'vitest';
import {
  isSettled,
  stepFunction,
  type FunctionEvent,
  type FunctionState,
} from './function-state.ts';

const failure = { code: 'InternalError', reason: 'It broke.' } as const;
const states: Record<FunctionState['kind'], FunctionState> = {
  pending: { kind: 'pending' },
  active: { kind: 'active' },
  updating: { kind: 'updating' },
  'update-failed': { kind: 'update-failed', failure },
  failed: { kind: 'failed', failure },
  inactive: { kind: 'inactive' },
  restoring: { kind: 'restoring' },
};
const events: Record<FunctionEvent['kind'], FunctionEvent> = {
  updated: { kind: 'updated' },
  settled: { kind: 'settled' },
  failed: { kind: 'failed', failure },
  idled: { kind: 'idled' },
  woken: { kind: 'woken' },
};

type Row = Record<FunctionEvent['kind'], FunctionState['kind'] | '-'>;
const none: Row = { updated: '-', settled: '-', failed: '-', idled: '-', woken: '-' };
const table: Record<FunctionState['kind'], Row> = {
  pending: { ...none, settled: 'active', failed: 'failed' },
  active: { ...none, updated: 'updating', idled: 'inactive' },
  updating: { ...none, settled: 'active', failed: 'update-failed' },
  'update-failed': { ...none, updated: 'updating' },
  failed: { ...none, updated: 'pending' },
  inactive: { ...none, updated: 'updating', woken: 'restoring' },
  restoring: { ...none, settled: 'active', failed: 'inactive' },
};

const pairs = Object.entries(table).flatMap(([from, row]) =>
  Object.entries(row).map(([event, to]) => [from, event, to] as const),
) as readonly (readonly [FunctionState['kind'], FunctionEvent['kind'], string])[];

test.each(pairs)('%s, when %s: %s', (from, event, to) => {
  expect(stepFunction(states[from], events[event])?.kind ?? '-').toBe(to);
});

test('a failure is kept for the caller to see', () => {
  expect(stepFunction(states.pending, events.failed)).toEqual({ kind: 'failed', failure });
  expect(stepFunction(states.updating, events.failed)).toEqual({ kind: 'update-failed', failure });
});

test('only pending, updating and restoring have work under way', () => {
  const open = Object.values(states).filter((state) => !isSettled(state));
  expect(open.map((state) => state.kind)).toEqual(['pending', 'updating', 'restoring']);
});
