import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { isOwnerDead, ownerName } from './owner.ts';

test('a running process is not dead, whatever follows its name', () => {
  expect(ownerName()).toMatch(new RegExp(`^hearth-${process.pid}-\\d+$`));
  expect(isOwnerDead(ownerName())).toBe(false);
  expect(isOwnerDead(`${ownerName()}-ab12-1`)).toBe(false);
});

test('one that has ended is dead', () => {
  const { pid } = spawnSync('/bin/true');
  expect(isOwnerDead(`hearth-${pid}-1`)).toBe(true);
});

test('a living process with another start time is another one', () => {
  expect(isOwnerDead(`hearth-${process.pid}-1`)).toBe(true);
});

test('names of others are never called dead', () => {
  for (const name of ['docker', 'hearth', 'hearth-', 'hearth-x-1', 'my-hearth-1-1', '']) {
    expect(isOwnerDead(name)).toBe(false);
  }
});
