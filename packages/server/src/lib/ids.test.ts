import { expect, test } from 'vitest';
import { randomIds } from './ids.ts';

test('hex has two digits for each byte, also across blocks and for more than a block', () => {
  for (const bytes of [1, 8, 12, 4_000, 4_096, 5_000]) {
    expect(randomIds.hex(bytes)).toMatch(new RegExp(`^[0-9a-f]{${bytes * 2}}$`));
  }
});

test('no two of many identifiers are equal', () => {
  const made = Array.from({ length: 20_000 }, () => randomIds.hex(8));
  expect(new Set(made).size).toBe(made.length);
  const uuids = Array.from({ length: 1_000 }, () => randomIds.uuid());
  expect(new Set(uuids).size).toBe(uuids.length);
});
