import { expect, test } from 'vitest';
import { loadServiceModel } from '../../wire/service-model.ts';
import { apiReference } from './describe-api.ts';

const rowsOf = (state: string): readonly string[] =>
  [...apiReference().matchAll(/^\| (\w+) \| (\w+) \|/gm)]
    .filter(([, , shown]) => shown === state)
    .map(([, name = '']) => name);

test('every operation of the model has one row, and an operation that nobody serves is refused', () => {
  const names = ['served', 'partly', 'refused'].flatMap(rowsOf);
  expect(names.toSorted()).toEqual([...loadServiceModel('lambda').operations.keys()].toSorted());
  expect(rowsOf('refused')).toContain('CreateCapacityProvider');
  expect(rowsOf('served')).toContain('GetFunction');
});

test('what a function may not have is named beside the operations that refuse it', () => {
  expect(apiReference()).toMatch(/^\| CreateFunction \| partly \| .*SnapStart.* \|$/m);
  expect(apiReference()).toMatch(/^\| UpdateFunctionConfiguration \| partly \| .*SnapStart.* \|$/m);
});
