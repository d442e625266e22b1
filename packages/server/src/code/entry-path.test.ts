import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { entryPath } from './entry-path.ts';

test.each([
  '../x',
  'a/../../x',
  'a/..',
  '/etc/passwd',
  'C:/x',
  'c:x',
  'a\\b',
  '..\\x',
  'a\0b',
  'n'.repeat(256),
  `${'deep/'.repeat(500)}x`,
])('refuses %j', (name) => {
  expect(entryPath(name)).toBeUndefined();
});

test.each([
  ['index.js', 'index.js'],
  ['./a//b/./c', 'a/b/c'],
  ['a/b/', 'a/b'],
  ['./', ''],
  ['..a/b..', '..a/b..'],
  ['Größe/日本.txt', 'Größe/日本.txt'],
])('%j becomes %j', (name, expected) => {
  expect(entryPath(name)).toBe(expected);
});

test('whatever is accepted lies inside the root', () => {
  const piece = fc.constantFrom('..', '.', '/', 'a', 'b', 'c:', '\\', '\0', '...', ' ', 'é');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const accepted = entryPath(pieces.join(''));
      if (accepted === undefined) return;
      const resolved = path.resolve('/root', accepted);
      expect(resolved === '/root' || resolved.startsWith('/root/')).toBe(true);
      expect(path.relative('/root', resolved)).toBe(accepted);
    }),
  );
});
