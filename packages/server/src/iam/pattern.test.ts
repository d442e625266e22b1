import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileTokens, wildcardTokens } from './pattern.ts';
import { asArnPattern } from './policy-variables.ts';

const letters = fc.string({ unit: fc.constantFrom('a', 'b', ':'), maxLength: 12 });
const patterns = fc.string({ unit: fc.constantFrom('a', 'b', ':', '*', '?'), maxLength: 10 });

test('wildcards match exactly what the same regular expression matches', () => {
  fc.assert(
    fc.property(patterns, letters, (pattern, text) => {
      const expected = new RegExp(`^${regexOf(pattern)}$`, 's').test(text);
      expect(compileTokens(wildcardTokens(pattern))(text)).toBe(expected);
    }),
    { numRuns: 2000 },
  );
});

test('in an ARN a wildcard inside a segment matches no colon', () => {
  fc.assert(
    fc.property(patterns, letters, (pattern, text) => {
      const whole = pattern + ':x'.repeat(Math.max(0, 5 - colons(pattern)));
      const subject = text + ':x'.repeat(Math.max(0, 5 - colons(text)));
      const expected = new RegExp(`^${arnRegexOf(whole)}$`, 's').test(subject);
      expect(compileTokens(asArnPattern(wildcardTokens(whole)))(subject)).toBe(expected);
    }),
    { numRuns: 2000 },
  );
});

test('a pattern of many wildcards is answered as quickly as any other', () => {
  const text = `${'a'.repeat(2000)}c`;
  expect(compileTokens(wildcardTokens(`${'a*'.repeat(500)}b`))(text)).toBe(false);
  const inSegments = asArnPattern(wildcardTokens(`${'*a'.repeat(300)}b:*:c:d:e:f`));
  expect(compileTokens(inSegments)(text)).toBe(false);
});

test('segments that a pattern leaves out match anything', () => {
  const matches = compileTokens(asArnPattern(wildcardTokens('arn:aws:s3')));
  expect(matches('arn:aws:s3:::bucket/a:b')).toBe(true);
  expect(matches('arn:aws:s3control:::bucket')).toBe(false);
});

function colons(text: string): number {
  return text.split(':').length - 1;
}

function regexOf(pattern: string): string {
  return pattern.replaceAll('*', '.*').replaceAll('?', '.');
}

/** Written from AWS's sentence, in another way than the code. */
function arnRegexOf(pattern: string): string {
  const [a, b, c, d, e, ...rest] = pattern.split(':');
  const segments = [a, b, c, d, e].map((segment = '') =>
    segment
      .replaceAll('?', '.')
      .replace(/\*(?=.)/gs, '[^:]*')
      .replace(/(?<!\])\*$/s, '.*'),
  );
  return [...segments, regexOf(rest.join(':'))].join(':');
}
