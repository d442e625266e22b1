import { describe, expect, test } from 'vitest';
import { applicationFilter } from './application-level.ts';
import { LogTail } from './log-tail.ts';
import { logStreamName } from './log-stream-name.ts';
import { OrderedLines } from './ordered-lines.ts';
import { OutputBudget } from './output-budget.ts';

describe('a log tail', () => {
  test('is everything while that fits', () => {
    const tail = new LogTail();
    tail.append('START\n');
    tail.append('END\n');
    expect(Buffer.from(tail.bytes()).toString()).toBe('START\nEND\n');
  });

  test('is the last 4 KB of whatever was written', () => {
    const tail = new LogTail();
    let all = '';
    for (let line = 0; line < 3000; line++) {
      const text = `line ${line} ${'y'.repeat(line % 50)}\n`;
      tail.append(text);
      all += text;
    }
    expect(Buffer.from(tail.bytes()).toString()).toBe(all.slice(-4096));
  });
});

test('lines behind a reserved place wait for it and keep their order', () => {
  const written: string[] = [];
  const lines = new OrderedLines<string>((text) => written.push(text));
  const add = (text: string): void => lines.append(text);
  add('END 1');
  const first = lines.reserve();
  add('START 2');
  const second = lines.reserve();
  add('START 3');
  second('REPORT 2');
  expect(written).toEqual(['END 1']);
  first('REPORT 1');
  expect(written).toEqual(['END 1', 'REPORT 1', 'START 2', 'REPORT 2', 'START 3']);
  add('END 3');
  expect(written.at(-1)).toBe('END 3');
});

test('an output budget refuses what is beyond it, counts that, and refills with time', () => {
  const budget = new OutputBudget(0);
  const mib = 1_048_576;
  const passed = Array.from({ length: 12 }, () => budget.spend(mib, 0)).filter(Boolean);
  expect(passed).toHaveLength(8);
  expect(budget.takeDropped()).toEqual({ bytes: 4 * mib, chunks: 4 });
  expect(budget.takeDropped()).toBe(undefined);
  expect(budget.spend(mib, 1000)).toBe(true);
});

test.for([
  ['WARN', '{"level":"INFO","message":"m"}', false],
  ['WARN', '{"level":"error"}', true],
  ['WARN', '{"level":"WARNING"}', true],
  ['FATAL', '{"level":"CRITICAL"}', true],
  ['ERROR', '{"level":"WARNING"}', false],
  ['WARN', '{"message":"no level"}', false],
  ['WARN', 'plain text', true],
  ['WARN', '{broken', true],
  ['DEBUG', '{"level":"TRACE"}', false],
  [undefined, '{"level":"DEBUG"}', false],
  [undefined, '{"level":"nonsense"}', true],
] as const)('at level %s the line %s passes: %s', ([level, line, passes]) => {
  expect(applicationFilter(level)!(line)).toBe(passes);
});

test('a log stream is named after day and version, in a shared group also after the function', () => {
  const atMs = Date.UTC(2026, 0, 5);
  const own = {
    name: 'f',
    version: '$LATEST',
    logging: { format: 'Text', group: '/aws/lambda/f' },
  };
  expect(logStreamName(own as never, atMs, 'ab')).toBe('2026/01/05/[$LATEST]ab');
  const shared = { ...own, version: '7', logging: { format: 'Text', group: '/all' } };
  expect(logStreamName(shared as never, atMs, 'ab')).toBe('2026/01/05/f[7]ab');
});
