import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { IDS_PER_SANDBOX } from '../oci/config.ts';
import { IdRanges } from './id-ranges.ts';

let folder: string;
const open: IdRanges[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hearth-ids-'));
});
afterEach(() => {
  for (const each of open.splice(0)) each.close();
  rmSync(folder, { recursive: true });
});

function openRanges(): IdRanges {
  const ranges = new IdRanges(folder);
  open.push(ranges);
  return ranges;
}

const takeMany = (ranges: IdRanges, count: number): number[] =>
  Array.from({ length: count }, () => ranges.take());

test('two servers never give out the same ids, however many they need', () => {
  const one = openRanges();
  const other = openRanges();
  const taken = [...takeMany(one, 100), ...takeMany(other, 100), ...takeMany(one, 100)];
  expect(new Set(taken).size).toBe(300);
  for (const first of taken) {
    expect(first % IDS_PER_SANDBOX).toBe(0);
    expect(first).toBeGreaterThanOrEqual(0x70000000);
    expect(first + IDS_PER_SANDBOX - 1).toBeLessThanOrEqual(0x7fffffff);
  }
});

test('what is given back can be taken again, last', () => {
  const ranges = openRanges();
  const all = takeMany(ranges, 4096);
  expect(new Set(all).size).toBe(4096);
  expect(() => ranges.take()).toThrow('All 4096 ranges of user ids are in use.');
  ranges.giveBack(all[7]!);
  expect(ranges.take()).toBe(all[7]);
});

test('what an ended server held is free', () => {
  const ended = openRanges();
  takeMany(ended, 4096);
  const next = openRanges();
  expect(() => next.take()).toThrow('in use');
  ended.close();
  expect(takeMany(next, 4096)).toHaveLength(4096);
});
