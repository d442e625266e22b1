import { expect, test } from 'vitest';
import { adviseOnPrograms, adviseOnRuntime } from './runtime-advisories.ts';

test('an old runc is named with what it lacks, and with the way out', () => {
  const sentences = adviseOnRuntime('runc', '1.1.5+ds1');
  expect(sentences).toHaveLength(4);
  expect(sentences[0]).toContain('runc 1.1.5+ds1 is older than 1.1.12');
  expect(sentences[0]).toContain('CVE-2024-21626');
  expect(sentences[0]).toContain('unless the package of your distribution');
});

test.each([
  ['1.1.11', 4],
  ['1.1.12', 3],
  ['1.1.14', 2],
  ['1.2.7', 2],
  ['1.2.8', 1],
  ['1.3.2', 2],
  ['1.3.5', 1],
  ['1.3.6', 0],
  ['1.4.0', 1],
  ['1.4.3', 0],
  ['2.0.0', 0],
])('runc %s has %i open advisories', (version, count) => {
  expect(adviseOnRuntime('runc', version)).toHaveLength(count);
});

test('other runtimes and unreadable versions are not judged', () => {
  expect(adviseOnRuntime('runsc', '2022')).toEqual([]);
  expect(adviseOnRuntime('runc', 'unknown')).toEqual([]);
  expect(adviseOnRuntime('crun', '1.8.1')).toEqual([]);
});

test('a runtime that starts no program beside another is named with what that means', () => {
  expect(adviseOnPrograms('runc', false)).toEqual([
    'With runc functions that have an external extension fail to start; with crun they do not.',
  ]);
  expect(adviseOnPrograms('crun', true)).toEqual([]);
});
