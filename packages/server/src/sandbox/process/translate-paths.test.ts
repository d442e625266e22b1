import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTranslator } from './translate-paths.ts';

const translate = createTranslator([
  { target: '/var/task', source: '/data/code/1' },
  { target: '/opt', source: '/data/layers' },
  { target: '/var/runtime', source: '/srv/runtime' },
  { target: '/var/runtime/node_modules', source: '/srv/packages' },
  { target: '/tmp', source: '/data/tmp' },
]);

test.each([
  ['/var/task', '/data/code/1'],
  ['/var/task/index.js', '/data/code/1/index.js'],
  ['/opt/bin:/usr/bin:/opt', '/data/layers/bin:/usr/bin:/data/layers'],
  ['--import=/opt/x.mjs', '--import=/data/layers/x.mjs'],
  ['file:///var/task/a.js', 'file:///data/code/1/a.js'],
  ['/var/runtime/index.mjs', '/srv/runtime/index.mjs'],
  ['/var/runtime/node_modules/a', '/srv/packages/a'],
  ['--a "/tmp/b"', '--a "/data/tmp/b"'],
])('%s becomes %s', (inside, outside) => {
  expect(translate(inside)).toBe(outside);
});

test.each([
  '/var/tasks',
  '/usr/opt',
  'x/opt',
  '/home/opt/a',
  '/optional',
  'http://host/tmp/x',
  '/var/runtime2',
  '$1',
])('%s is no path of Lambda and stays', (text) => {
  expect(translate(text)).toBe(text);
});

test('a source may hold characters that mean something in a replacement', () => {
  const odd = createTranslator([{ target: '/tmp', source: '/a$&b$1' }]);
  expect(odd('/tmp/x')).toBe('/a$&b$1/x');
});

test('what holds no target is never changed', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(!/\/(var|opt|tmp)/.test(text));
      expect(translate(text)).toBe(text);
    }),
  );
});
