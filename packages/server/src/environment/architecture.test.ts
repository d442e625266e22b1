import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { environmentTransitions } from '../core/environment-state.ts';

test('the picture in ARCHITECTURE.md shows exactly the transitions of the table', () => {
  const text = readFileSync(path.join(import.meta.dirname, 'ARCHITECTURE.md'), 'utf8');
  const drawn = [...text.matchAll(/^ {2}([a-z]+) --> ([a-z]+): ([a-z-]+)$/gm)].map(
    ([, from, to, event]) => `${from} ${event} ${to}`,
  );
  const allowed = Object.entries(environmentTransitions).flatMap(([from, steps]) =>
    Object.entries(steps).map(([event, to]) => `${from} ${event} ${to}`),
  );
  expect(drawn.toSorted()).toEqual(allowed.toSorted());
});

test('ARCHITECTURE.md explains every state', () => {
  const text = readFileSync(path.join(import.meta.dirname, 'ARCHITECTURE.md'), 'utf8');
  for (const state of Object.keys(environmentTransitions)) expect(text).toContain(`**${state}**`);
});
