import { expect, test } from 'vitest';
import { inTurn } from './in-turn.ts';

const round = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('one call is performed in each round, also of those that come right after the last one', async () => {
  const performed: number[] = [];
  const perform = inTurn(({ id }) => performed.push(id));
  const detach = (id: number): void => perform({ kind: 'detach', id, target: '/old' });
  detach(1);
  await round();
  detach(2);
  detach(3);
  await round();
  expect(performed).toEqual([1, 2]);
  perform({ kind: 'tmp', id: 4, target: '/new', sizeMib: 512 });
  await round();
  expect(performed).toEqual([1, 2, 4]);
  await round();
  expect(performed).toEqual([1, 2, 4, 3]);
});
