import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isLinkInside } from './extraction-plan.ts';

const noLinks = (): boolean => false;

test.each([
  ['node_modules/.bin/x', '../x/cli.js'],
  ['a', 'b'],
  ['a/b/c', '../../d'],
  ['a/b', '..'],
])('a link at %s to %s stays inside', (at, target) => {
  expect(isLinkInside(at, target, noLinks)).toBe(true);
});

test.each([
  ['a', '/etc/passwd'],
  ['a', '..'],
  ['a', '../b'],
  ['a/b', '../../c'],
  ['a/b', 'x/../../../c'],
  ['a', ''],
  ['a', 'b\0c'],
])('a link at %s to %j leaves the archive', (at, target) => {
  expect(isLinkInside(at, target, noLinks)).toBe(false);
});

test('a target that passes through another link is refused, whatever its text says', () => {
  const isLink = (at: string): boolean => at === 'a/b/up';
  expect(isLinkInside('t', 'a/b/up/..', isLink)).toBe(false);
  expect(isLinkInside('t', 'a/b/up', isLink)).toBe(true);
});

test('an accepted target resolves inside, as the file system would resolve it', () => {
  const segment = fc.constantFrom('..', '.', 'a', 'b', '');
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 4 }),
      fc.array(segment, { minLength: 1, maxLength: 8 }),
      (at, target) => {
        const link = at.join('/');
        if (!isLinkInside(link, target.join('/'), noLinks)) return;
        const resolved = path.posix.join(path.posix.dirname(link), ...target);
        expect(resolved.split('/')[0]).not.toBe('..');
      },
    ),
  );
});
