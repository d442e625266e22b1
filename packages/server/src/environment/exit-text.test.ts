import { expect, test } from 'vitest';
import { exitErrorType, exitText, reportedType } from './exit-text.ts';

test.for([
  [{ code: 0, signal: null, outOfMemory: false }, 'Runtime exited without providing a reason'],
  [{ code: 42, signal: null, outOfMemory: false }, 'Runtime exited with error: exit status 42'],
  [
    { code: null, signal: 'SIGSEGV', outOfMemory: false },
    'Runtime exited with error: signal: segmentation fault',
  ],
  [{ code: 137, signal: null, outOfMemory: true }, 'Runtime exited with error: signal: killed'],
] as const)('%o reads as "%s"', ([exit, text]) => {
  expect(exitText({ exit })).toBe(text);
  expect(exitErrorType({ exit })).toBe(
    exit.outOfMemory ? 'Runtime.OutOfMemory' : 'Runtime.ExitError',
  );
});

test.for([
  ['Runtime.ImportModuleError', 'Runtime.ImportModuleError'],
  ['Function.Custom', 'Function.Custom'],
  ['KeyError', 'Runtime.Unknown'],
  ['Runtime.x\ny', 'Runtime.Unknown'],
] as const)('the reports name %j as %s', ([given, told]) => {
  expect(reportedType(given)).toBe(told);
});

test('the end of an extension is told in fewer words', () => {
  const ended = (
    code: number | null,
    signal: string | null = null,
  ): Parameters<typeof exitText>[0] => ({
    exit: { code, signal, outOfMemory: false },
    program: 'extension',
    extensionError: 'Extension.Crash',
  });
  expect(exitText(ended(0))).toBe('exit code 0');
  expect(exitText(ended(3))).toBe('exit status 3');
  expect(exitText(ended(null, 'SIGSEGV'))).toBe('signal: segmentation fault');
  expect(exitErrorType(ended(0))).toBe('Extension.Crash');
});
