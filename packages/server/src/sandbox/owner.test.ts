import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { isOwnerDead, ownerName } from './owner.ts';

test('a running process is not dead, whatever follows its name', () => {
  expect(ownerName()).toMatch(new RegExp(`^hearth-${process.pid}-\\d+-\\d+$`));
  expect(isOwnerDead(ownerName())).toBe(false);
  expect(isOwnerDead(`${ownerName()}-ab12-1`)).toBe(false);
});

test('one that has ended is dead', () => {
  const { pid } = spawnSync('/bin/true');
  expect(isOwnerDead(`hearth-${pid}-1`)).toBe(true);
});

test('a zombie is dead', async () => {
  // Its parent turns into a program that never waits for it.
  const script = '/bin/sleep 0.2 & echo $!; exec /bin/sleep 1000';
  const parent = spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  const line = await new Promise<string>((resolve) => {
    parent.stdout.once('data', (text: Buffer) => resolve(text.toString()));
  });
  const name = ownerName(Number(line));
  expect(isOwnerDead(name)).toBe(false);
  await vi.waitFor(() => expect(isOwnerDead(name)).toBe(true), { timeout: 10_000 });
  expect(existsSync(`/proc/${line.trim()}`)).toBe(true);
  parent.kill('SIGKILL');
});

test('a living process with another start time is another one', () => {
  expect(isOwnerDead(`hearth-${process.pid}-1`)).toBe(true);
});

test('a server of another pid namespace is left alone: its process cannot be seen from here', () => {
  const { pid } = spawnSync('/bin/true');
  const [, own] = /-(\d+)$/.exec(ownerName())!;
  expect(isOwnerDead(`hearth-${pid}-1-${own}-ab12-1`)).toBe(true);
  expect(isOwnerDead(`hearth-${pid}-1-1-ab12-1`)).toBe(false);
  expect(isOwnerDead(`hearth-${pid}-1-1`)).toBe(false);
});

test('names of others are never called dead', () => {
  for (const name of ['docker', 'hearth', 'hearth-', 'hearth-x-1', 'my-hearth-1-1', '']) {
    expect(isOwnerDead(name)).toBe(false);
  }
});
