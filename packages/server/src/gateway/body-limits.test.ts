import { expect, test } from 'vitest';
import { limitsWith } from '../core/adjustable-limits.ts';
import { bodyLimitOf, bodyTooLarge } from './body-limits.ts';

test.each([
  ['CreateFunction', 70_167_211],
  ['UpdateFunctionCode', 70_167_211],
  ['Invoke', 6_291_556],
  ['PutLogEvents', 6_291_556],
  // Parsing more than a model can hold would only keep the event loop busy.
  ['TagResource', 1_048_576],
  ['AssumeRole', 1_048_576],
])('%s may bring %i bytes', (operation, bytes) => {
  expect(bodyLimitOf(operation)).toBe(bytes);
});

test('what limits are changed to, requests may bring', () => {
  const limits = limitsWith({
    zippedCodeBytes: 104_857_600,
    payloadBytes: 2_000,
    eventBytes: 3_000,
  });
  expect(bodyLimitOf('CreateFunction', limits)).toBe(140_072_278);
  expect(bodyLimitOf('Invoke', limits)).toBe(2_000);
  expect(bodyLimitOf('InvokeAsync', limits)).toBe(3_000);
  expect(bodyTooLarge('Invoke', limits).message).toBe(
    'Request must be smaller than 1900 bytes for the InvokeFunction operation',
  );
});

test('code that is too large is refused in the words of Lambda', () => {
  expect(bodyTooLarge('CreateFunction')).toMatchObject({
    code: 'RequestEntityTooLargeException',
    status: 413,
    message: 'Request must be smaller than 70167211 bytes for the CreateFunction operation',
    members: {},
  });
});

test('an event that is too large is refused in the words of Lambda', () => {
  expect(bodyTooLarge('Invoke')).toMatchObject({
    code: 'RequestTooLargeException',
    status: 413,
    message: 'Request must be smaller than 6291456 bytes for the InvokeFunction operation',
  });
});
