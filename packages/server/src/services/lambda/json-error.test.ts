import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findJsonError } from './json-error.ts';

const at = (column: number, line = 1): string =>
  `\n at [Source: REDACTED (\`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION\` disabled); line: ${line}, column: ${column}]`;
const VALUE = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
const problemOf = (text: string): string | undefined => findJsonError(Buffer.from(text));

test('recorded on AWS: a body that starts with a broken byte', () => {
  const body = Buffer.concat([
    Buffer.from([0x99, 0xeb]),
    Buffer.from(',j'),
    Buffer.from([7, 0xa1]),
  ]);
  expect(findJsonError(body)).toBe(
    `Unexpected character ((CTRL-CHAR, code 153)): expected a valid value ${VALUE}${at(1)}`,
  );
});

test('recorded on AWS: a body that starts like a token and breaks', () => {
  const body = Buffer.from('6e87729ee9b5d749ee9b6dd7', 'hex');
  expect(findJsonError(body)).toBe(`Invalid UTF-8 start byte 0x87${at(3)}`);
});

test.each([
  [
    '{',
    `Unexpected end-of-input: expected close marker for Object (start marker at${at(1).slice(4)})${at(2)}`,
  ],
  [
    '[1,',
    `Unexpected end-of-input: expected close marker for Array (start marker at${at(1).slice(4)})${at(4)}`,
  ],
  ['hello', `Unrecognized token 'hello': was expecting ${VALUE}${at(6)}`],
  ['nul', `Unrecognized token 'nul': was expecting ${VALUE}${at(4)}`],
  [
    "{'a':1}",
    `Unexpected character (''' (code 39)): was expecting double-quote to start field name${at(2)}`,
  ],
  [
    '{"a" 1}',
    `Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value${at(6)}`,
  ],
  [
    '{"a":1 "b"}',
    `Unexpected character ('"' (code 34)): was expecting comma to separate Object entries${at(8)}`,
  ],
  [
    '[1\n 2]',
    `Unexpected character ('2' (code 50)): was expecting comma to separate Array entries${at(2, 2)}`,
  ],
  ['[1,]', `Unexpected character (']' (code 93)): expected a valid value ${VALUE}${at(4)}`],
  [
    '"a\nb"',
    `Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in string value${at(3)}`,
  ],
  ['"\\x"', `Unrecognized character escape 'x' (code 120)${at(3)}`],
  ['"abc', `Unexpected end-of-input: was expecting closing quote for a string value${at(5)}`],
  ['01', `Invalid numeric value: Leading zeroes not allowed${at(2)}`],
  [
    '-x',
    `Unexpected character ('x' (code 120)): expected digit (0-9) to follow minus sign, for valid numeric value${at(2)}`,
  ],
  ['1.', `Unexpected end-of-input: Decimal point not followed by a digit${at(3)}`],
  [
    '{} x',
    `Unexpected character ('x' (code 120)): Expected space separating root-level values${at(4)}`,
  ],
  ['  ', `No content to map due to end-of-input${at(3)}`],
])('%j is answered with what is wrong and where', (text, problem) => {
  expect(problemOf(text)).toBe(problem);
});

test('a million levels are walked without a stack', () => {
  const depth = 1_000_000;
  expect(problemOf('['.repeat(depth) + ']'.repeat(depth))).toBeUndefined();
  expect(problemOf('{"a":'.repeat(depth) + '1' + '}'.repeat(depth))).toBeUndefined();
  expect(problemOf('['.repeat(depth))).toContain('expected close marker for Array');
  expect(problemOf('[{"a":'.repeat(depth))).toContain('Unexpected end-of-input');
});

test('duplicate keys, NUL escapes and lone surrogates pass as they are', () => {
  expect(problemOf('{"a":1,"a":2,"\\u0000":"\\ud800"}')).toBeUndefined();
});

test('broken UTF-8 within a string is found', () => {
  const broken = (...bytes: number[]): string | undefined =>
    findJsonError(Buffer.from([0x22, ...bytes, 0x22]));
  expect(broken(0xc3, 0xa9)).toBeUndefined();
  expect(broken(0xff)).toBe(`Invalid UTF-8 start byte 0xff${at(3)}`);
  expect(broken(0xc3, 0x28)).toBe(`Invalid UTF-8 middle byte 0x28${at(4)}`);
  expect(broken(0xed, 0xa0, 0x80)).toContain('Invalid UTF-8');
  expect(broken(0xc0, 0x80)).toContain('Invalid UTF-8');
});

test('agrees with JSON.parse on whether a text is JSON', () => {
  const pieces = '{ } [ ] , : " "a" 1 - 0 . e E+ true nul null \\ \\u00 \\n é {"a": [1,'.split(' ');
  const piece = fc.constantFrom(...pieces, ' ', '\n', '\u0001', '\u2028', '\ufeff');
  const text = fc.oneof(
    fc.array(piece, { maxLength: 10 }).map((chosen) => chosen.join('')),
    fc.json(),
    fc.string(),
  );
  fc.assert(
    fc.property(text, (value) => {
      expect(problemOf(value) === undefined).toBe(isJson(value));
    }),
    { numRuns: 3_000 },
  );
});

test('any bytes are walked to an end', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const problem = findJsonError(bytes);
      if (problem === undefined) expect(isJson(Buffer.from(bytes).toString())).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

function isJson(text: string): boolean {
  // Text from the generators may hold lone surrogates, which bytes cannot.
  const value = text.toWellFormed();
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}
