import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidFilterPattern } from './invalid-filter-pattern.ts';
import { parseFilterPattern } from './parse-filter-pattern.ts';

const matches = (pattern: string, message: string): boolean => parseFilterPattern(pattern)(message);

describe('terms', () => {
  test.each([
    ['', 'anything', true],
    ['   ', '', true],
    ['ERROR', '[ERROR] failed', true],
    ['ERROR', 'error', false],
    ['ERROR ARGUMENTS', 'ARGUMENTS before ERROR', true],
    ['ERROR ARGUMENTS', 'ERROR only', false],
    ['?ERROR ?WARN', 'a WARN', true],
    ['?ERROR ?WARN', 'an INFO', false],
    ['ERROR -ARGUMENTS', 'ERROR in ARGUMENTS', false],
    ['ERROR -ARGUMENTS', 'ERROR elsewhere', true],
    ['-DEBUG', 'INFO', true],
    ['?ERROR REQUEST', 'INFO REQUEST', true],
    ['"INTERNAL SERVER ERROR"', '500 INTERNAL SERVER ERROR', true],
    ['"a \\"quoted\\" word"', 'with a "quoted" word', true],
    ['?"time out" ?WARN', 'a time out', true],
    ['-"do not"', 'do not', false],
    ['%[hc]at%', 'the hat', true],
    ['%^[hc]at$%', 'the hat', false],
    ['%10\\.10\\.0\\.1%', '10.10.0.1', true],
    ['%10\\.10\\.0\\.1%', '10x10.0.1', false],
    ['Übung', 'eine Übung', true],
  ])('%s on %s is %s', (pattern, message, expected) => {
    expect(matches(pattern, message)).toBe(expected);
  });

  test.each([
    ['Status: timeout', "Invalid character(s) in term ':'"],
    ['user-id', "Invalid character(s) in term '-'"],
    ['SUCCESS*', "Invalid character(s) in term '*'"],
    ['`x`', "Invalid character(s) in term '`'"],
    ['%some thing%', "Invalid character(s) in term ' '"],
    ['%(a)%', "Invalid character(s) in term '('"],
    ['"open', 'Invalid filter pattern'],
    ['%[z-a]%', 'Invalid filter pattern'],
    ['?', 'Invalid filter pattern'],
  ])('%s is refused: %s', (pattern, message) => {
    expect(() => parseFilterPattern(pattern)).toThrow(message);
  });
});

describe('JSON patterns', () => {
  const event = JSON.stringify({
    level: 'ERROR',
    'detail-type': 'x',
    'odd.name': 1,
    status: 404,
    latency: 1.5e3,
    isAdmin: true,
    nothing: null,
    user: { id: 7, roles: ['reader', 'writer'], emails: [{ at: 'a' }, { at: 'b' }] },
    text: '12',
    empty: {},
  });
  test.each([
    ['{ $.level = "ERROR" }', true],
    ['{$.level=ERROR}', true],
    ['{ $.level = "error" }', false],
    ['{ $.level = "ER*" }', true],
    ['{ $.level = "*RO*" }', true],
    ['{ $.level = "*RO" }', false],
    ['{ $.level = * }', true],
    ['{ $.missing = * }', false],
    ['{ $.level != "WARN" }', true],
    ['{ $.level != "ERROR" }', false],
    ['{ $.missing != "ERROR" }', false],
    ['{ $.detail-type = x }', true],
    ['{ $["odd.name"] = 1 }', true],
    ["{ $.['odd.name'] = 1 }", true],
    ['{ $.status = 404 }', true],
    ['{ $.status = 4* }', true],
    ['{ $.status >= 404 && $.status < 405 }', true],
    ['{ $.status > 404 || $.status <= 403 }', false],
    ['{ $.latency = 1500 }', true],
    ['{ $.latency > 1.4e3 }', true],
    ['{ $.text = 12 }', true],
    ['{ $.isAdmin IS TRUE }', true],
    ['{ $.isAdmin IS FALSE }', false],
    ['{ $.nothing IS NULL }', true],
    ['{ $.level IS NULL }', false],
    ['{ $.missing IS NULL }', false],
    ['{ $.missing NOT EXISTS }', true],
    ['{ $.nothing NOT EXISTS }', false],
    ['{ $.user.id = 7 }', true],
    ['{ $.user.roles[1] = "writer" }', true],
    ['{ $.user.roles[2] = "writer" }', false],
    ['{ $.user.roles[*] = "writer" }', true],
    ['{ $.user.emails[*].at = b }', true],
    ['{ $.user.*.at = b }', false],
    ['{ $.user = 7 }', false],
    ['{ $.level = %^ERR% }', true],
    ['{ $.level = %^RR% }', false],
    // && binds closer than ||
    ['{ $.status = 404 || $.status = 1 && $.status = 2 }', true],
    ['{ ($.status = 404 || $.status = 1) && $.status = 2 }', false],
    ['{ (($.level = "ERROR") && ($.user.id = 7)) }', true],
  ])('%s is %s', (pattern, expected) => {
    expect(matches(pattern, event)).toBe(expected);
  });

  test('never match what is not JSON', () => {
    expect(matches('{ $.x NOT EXISTS }', 'plain text')).toBe(false);
    expect(matches('{ $.x NOT EXISTS }', '{ "torn')).toBe(false);
    expect(matches('{ $[0] = 1 }', '[1]')).toBe(true);
  });

  test('do not see what an object inherits', () => {
    expect(matches('{ $.constructor NOT EXISTS }', '{}')).toBe(true);
  });

  test.each([
    ['{ $.a = 1', "If a filter pattern starts with '{' it must end with '}'"],
    ["{ $.a = 'Root' }", `Invalid character(s) in term '''`],
    ['{ $.a }', 'Invalid filter pattern'],
    ['{ a = 1 }', 'Invalid filter pattern'],
    ['{ $.a > "text" }', 'Invalid filter pattern'],
    ['{ $.a = 1 & $.b = 2 }', 'Invalid filter pattern'],
    ['{ ($.a = 1 }', 'Invalid filter pattern'],
    ['{}', 'Invalid filter pattern'],
    [`{ ${'('.repeat(100_000)} }`, 'Invalid filter pattern'],
  ])('%.40s is refused: %s', (pattern, message) => {
    expect(() => parseFilterPattern(pattern)).toThrow(message);
  });
});

describe('space-delimited patterns', () => {
  const event =
    '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534';
  test.each([
    ['[ip, user, username, timestamp, request, status_code, bytes]', true],
    ['[ip, user, username, timestamp, request, status_code]', false],
    ['[ip, user, username, timestamp, request =*.html*, status_code = 4*, bytes]', true],
    ['[ip, user, username, timestamp, request, status_code = 5*, bytes]', false],
    ['[..., status_code = 404, bytes > 1000]', true],
    ['[..., status_code = 404, bytes > 2000]', false],
    ['[ip = "127.0.0.1", ...]', true],
    ['[ip=%127\\.0\\.0\\.[1-9]%, ...]', true],
    ['[ip, ..., bytes]', true],
    ['[ip, ..., status=404 || status=500, bytes]', true],
    ['[ip, ..., status=403 || status=500, bytes]', false],
    ['[ip, ..., status>400 && status<405, bytes]', true],
    ['[ip, ..., status!=404, bytes]', false],
    ['[...]', true],
  ])('%s is %s', (pattern, expected) => {
    expect(matches(pattern, event)).toBe(expected);
  });

  test.each(['[a, ..., b, ...]', '[a', '[a] b', '[a = 1 || b = 2]', '[a = "x]'])(
    '%s is refused',
    (pattern) => expect(() => parseFilterPattern(pattern)).toThrow('Invalid filter pattern'),
  );
});

test('any text is a pattern or an invalid pattern, and any message can be tested', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '$.a',
    '=',
    '"',
    '%',
    '&&',
    '(',
    '?',
    '-',
    '*',
    ' 1',
  );
  const pattern = fc.oneof(
    fc.string(),
    fc.array(piece).map((pieces) => pieces.join('')),
  );
  fc.assert(
    fc.property(pattern, fc.oneof(fc.string(), fc.json()), (text, message) => {
      try {
        expect(typeof matches(text, message)).toBe('boolean');
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidFilterPattern);
      }
    }),
    { numRuns: 500 },
  );
});
