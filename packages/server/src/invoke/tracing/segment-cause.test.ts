import { expect, test } from 'vitest';
import { causeOf } from './segment-cause.ts';

function cause(error: unknown, errorType = 'Odd') {
  const payload = Buffer.from(JSON.stringify(error));
  return causeOf(
    { outcome: { kind: 'function-error', errorType, payload }, payload },
    'e'.repeat(16),
  );
}

test('the stack of Node is told frame by frame', () => {
  const trace = [
    'OrderError: none left',
    '    at charge (file:///var/task/pay.mjs:3:11)',
    '    at async Runtime.handler (/var/task/index.mjs:7:3)',
    '    at /var/task/index.mjs:9:1',
    '    at node:internal/process/task_queues:105:5',
  ];
  expect(cause({ errorType: 'OrderError', errorMessage: 'none left', trace })).toEqual({
    working_directory: '/var/task',
    paths: ['/var/task/pay.mjs', '/var/task/index.mjs'],
    exceptions: [
      {
        id: 'e'.repeat(16),
        type: 'OrderError',
        message: 'none left',
        remote: false,
        stack: [
          { path: '/var/task/pay.mjs', line: 3, label: 'charge' },
          { path: '/var/task/index.mjs', line: 7, label: 'async Runtime.handler' },
          { path: '/var/task/index.mjs', line: 9, label: 'anonymous' },
        ],
      },
    ],
  });
});

test('the stack of Python is told frame by frame', () => {
  const stackTrace = ['  File "/var/task/index.py", line 3, in handler\n    raise KeyError("a")\n'];
  expect(cause({ errorType: 'KeyError', errorMessage: "'a'", stackTrace })).toMatchObject({
    paths: ['/var/task/index.py'],
    exceptions: [{ stack: [{ path: '/var/task/index.py', line: 3, label: 'handler' }] }],
  });
});

test.each([
  ['a text', 'oh'],
  ['nothing', null],
  ['odd members', { errorMessage: 7, trace: [null, {}, 'x'], errorType: ['a'] }],
  [
    'too much',
    { errorMessage: 'x'.repeat(200_000), trace: Array.from({ length: 9_000 }, () => 'a') },
  ],
  ['of characters that JSON writes with six', { errorMessage: '\u0001'.repeat(9_000) }],
  ['too much to read', 'x'.repeat(300_000)],
  [
    'long frames',
    { trace: Array.from({ length: 90 }, () => `    at a (/${'b'.repeat(900)}:1:2)`) },
  ],
])('an error that is %s has a cause that fits into a segment twice', (_, error) => {
  const told = cause(error);
  expect(told?.exceptions).toHaveLength(1);
  expect(Buffer.byteLength(JSON.stringify(told))).toBeLessThan(30_000);
});
