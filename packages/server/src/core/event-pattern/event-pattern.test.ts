import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseEventPattern } from './event-pattern.ts';
import { InvalidEventPattern } from './invalid-event-pattern.ts';

/** The values of the fields `a` that match a pattern `{"a": [...]}`, and those that do not. */
type Row = readonly [tests: unknown[], matching: readonly unknown[], others: readonly unknown[]];

/** From "Comparison operators for use in event patterns" and the pages about null, empty and arrays. */
const table: Readonly<Record<string, Row>> = {
  equals: [['Alice'], ['Alice', ['Bob', 'Alice']], ['alice', 'Alice ', ['Bob'], null, 1, {}]],
  'one of several': [
    ['a', 'b'],
    ['a', 'b', ['c', 'b']],
    ['c', []],
  ],
  number: [[100], [100, 1e2, [1, 100]], ['100', 101, true]],
  boolean: [[true], [true], ['true', false, 1]],
  null: [[null], [null, [null]], ['null', '', 0, undefined]],
  empty: [[''], ['', ['']], [null, ' ', undefined, []]],
  prefix: [[{ prefix: 'us-' }], ['us-', 'us-east-1'], ['eu-us-', 'US-east-1', 1, null]],
  'prefix, ignoring case': [
    [{ prefix: { 'equals-ignore-case': 'EventB' } }],
    ['eventbridge', 'EVENTBridge'],
    ['event', 'xeventb'],
  ],
  suffix: [[{ suffix: '.png' }], ['.png', 'a.png'], ['a.PNG', '.png.', 1]],
  'suffix, ignoring case': [
    [{ suffix: { 'equals-ignore-case': 'tBridge' } }],
    ['EventBRIDGE', 'tbridge'],
    ['bridge', 'tbridges'],
  ],
  'equals, ignoring case': [
    [{ 'equals-ignore-case': 'alice' }],
    ['ALICE', 'Alice', 'alice'],
    ['alic', null, ['bob']],
  ],
  exactly: [[{ exactly: 'a' }], ['a'], ['A', 1]],
  'anything-but a string': [
    [{ 'anything-but': 'initializing' }],
    ['running', 1, null, true, '', ['initializing', 'running']],
    ['initializing', ['initializing'], undefined, [], {}],
  ],
  'anything-but strings': [
    [{ 'anything-but': ['stopped', 'overloaded'] }],
    ['running', 5],
    ['stopped', 'overloaded', ['stopped', 'overloaded']],
  ],
  'anything-but numbers': [[{ 'anything-but': [100, 200] }], [300, '100', null], [100, 200]],
  'anything-but a prefix': [
    [{ 'anything-but': { prefix: 'us-' } }],
    ['eu-west-1', 1],
    ['us-east-1', undefined],
  ],
  'anything-but prefixes': [[{ 'anything-but': { prefix: ['a', 'b'] } }], ['c'], ['ab', 'ba']],
  'anything-but a suffix': [[{ 'anything-but': { suffix: '.png' } }], ['a.jpg'], ['a.png']],
  'anything-but suffixes': [[{ 'anything-but': { suffix: ['.a', '.b'] } }], ['.c'], ['.a', 'x.b']],
  'anything-but, ignoring case': [
    [{ 'anything-but': { 'equals-ignore-case': ['initializing', 'stopped'] } }],
    ['running'],
    ['INITIALIZING', 'Stopped'],
  ],
  'anything-but a wildcard': [
    [{ 'anything-but': { wildcard: '*/lib/*' } }],
    ['/usr/bin/x', 'lib'],
    ['/usr/lib/x', '/lib/'],
  ],
  'a number equal': [[{ numeric: ['=', 3.018e2] }], [301.8], ['301.8', 301]],
  'a number below': [[{ numeric: ['<', 10] }], [9.9, -5], [10, '9', -6e9]],
  'a number at most': [[{ numeric: ['<=', 10] }], [10], [10.000001]],
  'a number above': [[{ numeric: ['>', 10] }], [10.5], [10]],
  'a number at least': [[{ numeric: ['>=', 10] }], [10], [9]],
  'a range of numbers': [[{ numeric: ['>', 0, '<=', 5] }], [5, 0.1], [0, 5.1, null, '3']],
  'an IPv4 network': [
    [{ cidr: '10.0.0.0/24' }],
    ['10.0.0.0', '10.0.0.255'],
    ['10.0.1.0', '::ffff:10.0.0.1', 'x', 10],
  ],
  'an IPv6 network': [[{ cidr: '2001:db8::/32' }], ['2001:db8::1'], ['2001:db9::1', '10.0.0.1']],
  'existing fields': [
    [{ exists: true }],
    ['', null, 0, false, [1]],
    [undefined, {}, [], { b: 1 }, [{ b: 1 }]],
  ],
  'absent fields': [[{ exists: false }], [undefined, {}, [], { b: 1 }], ['', null, [1]]],
  'absent or a value': [[{ exists: false }, 'x'], [undefined, 'x'], ['y']],
  wildcard: [
    [{ wildcard: 'dir/*.png' }],
    ['dir/.png', 'dir/sub/a.png'],
    ['dir.png', 'dir/a.png.', 'x/dir/a.png', 1],
  ],
  'several wildcards': [[{ wildcard: '*/b/*/d' }], ['a/b/c/d', '/b//d'], ['b/c/d', '/b/d']],
  'escapes in a wildcard': [[{ wildcard: '\\*a\\\\*' }], ['*a\\', '*a\\b'], ['a\\', 'xa\\', '*a']],
  'several comparisons': [
    [{ prefix: 'a' }, { numeric: ['>', 1] }, 'z'],
    ['ab', 2, 'z'],
    ['b', 1],
  ],
};

const matches = (pattern: unknown, event: unknown): boolean =>
  parseEventPattern(JSON.stringify(pattern)).matches(event);

test.each(Object.entries(table))('%s', (_, [tests, matching, others]) => {
  for (const a of matching)
    expect({ a, is: matches({ a: tests }, { a }) }).toEqual({ a, is: true });
  for (const a of others) expect({ a, is: matches({ a: tests }, { a }) }).toEqual({ a, is: false });
});

describe('objects', () => {
  test('all fields must match, at the depth where the pattern has them', () => {
    const pattern = { source: ['aws.ec2'], detail: { state: ['running', 'stopped'] } };
    expect(matches(pattern, { source: 'aws.ec2', detail: { state: 'running', x: 1 } })).toBe(true);
    expect(matches(pattern, { source: 'aws.ec2', detail: { state: 'pending' } })).toBe(false);
    expect(matches(pattern, { source: 'aws.ec2', state: 'running' })).toBe(false);
    expect(matches(pattern, { source: 'aws.ec2', detail: 'running' })).toBe(false);
  });

  test('the fields of one object match in the same element of an array', () => {
    const pattern = { people: { first: ['Ada'], last: ['Hopper'] } };
    const ada = { first: 'Ada', last: 'Lovelace' };
    const grace = { first: 'Grace', last: 'Hopper' };
    expect(matches(pattern, { people: [ada, grace] })).toBe(false);
    expect(matches(pattern, { people: [[ada], [{ first: 'Ada', last: 'Hopper' }]] })).toBe(true);
  });

  test('a field that no element may have is absent only when none has it', () => {
    const pattern = { rows: { id: [{ exists: false }] } };
    expect(matches(pattern, { rows: [{ id: 1 }, { other: 2 }] })).toBe(false);
    expect(matches(pattern, { rows: [{ other: 2 }] })).toBe(true);
    expect(matches(pattern, {})).toBe(true);
  });

  test('$or takes one of its objects, beside the other fields and at every depth', () => {
    const pattern = {
      source: ['s'],
      detail: { $or: [{ a: [1] }, { b: [{ numeric: ['<', 10] }], c: ['x'] }] },
    };
    expect(matches(pattern, { source: 's', detail: { a: 1 } })).toBe(true);
    expect(matches(pattern, { source: 's', detail: { b: 3, c: 'x' } })).toBe(true);
    expect(matches(pattern, { source: 's', detail: { b: 3 } })).toBe(false);
    expect(matches(pattern, { source: 't', detail: { a: 1 } })).toBe(false);
  });

  test('names that every JavaScript object has are fields like others', () => {
    expect(matches({ constructor: [{ exists: true }] }, {})).toBe(false);
    expect(parseEventPattern('{"__proto__":["x"]}').matches(JSON.parse('{"__proto__":"x"}'))).toBe(
      true,
    );
  });

  test('an event of two hundred thousand nested arrays is an event like others', () => {
    const depth = 200_000;
    let nested: unknown = 'x';
    for (let level = 0; level < depth; level += 1) nested = [nested];
    expect(matches({ a: ['x'] }, { a: nested })).toBe(true);
  });
});

test.each([
  'no JSON',
  '[]',
  '"text"',
  'null',
  '{}',
  '{"a":{}}',
  '{"a":[]}',
  '{"a":"x"}',
  '{"a":null}',
  '{"a":[["x"]]}',
  '{"a":[{}]}',
  '{"a":[{"prefix":"x","suffix":"y"}]}',
  '{"a":[{"constructor":"x"}]}',
  '{"a":[{"prefix":1}]}',
  '{"a":[{"prefix":{"suffix":"x"}}]}',
  '{"a":[{"suffix":["x"]}]}',
  '{"a":[{"equals-ignore-case":["x"]}]}',
  '{"a":[{"wildcard":"a**b"}]}',
  '{"a":[{"wildcard":"a\\\\b"}]}',
  '{"a":[{"exists":"true"}]}',
  '{"a":[{"numeric":[]}]}',
  '{"a":[{"numeric":["=","1"]}]}',
  '{"a":[{"numeric":["<>",1]}]}',
  '{"a":[{"numeric":["<",5,">",1]}]}',
  '{"a":[{"numeric":[">",5,"<",1]}]}',
  '{"a":[{"numeric":[">",6e9]}]}',
  '{"a":[{"numeric":[">",1,"<"]}]}',
  '{"a":[{"cidr":"10.0.0.0"}]}',
  '{"a":[{"cidr":"10.0.0.0/33"}]}',
  '{"a":[{"cidr":"10.0.0/8"}]}',
  '{"a":[{"cidr":"10.0.0.0/8/8"}]}',
  '{"a":[{"anything-but":[]}]}',
  '{"a":[{"anything-but":["x",1]}]}',
  '{"a":[{"anything-but":null}]}',
  '{"a":[{"anything-but":{"prefix":""}}]}',
  '{"a":[{"anything-but":{"prefix":[]}}]}',
  '{"a":[{"anything-but":{"numeric":["=",1]}}]}',
  '{"a":[{"anything-but":{"prefix":"a","suffix":"b"}}]}',
  '{"$or":[{"a":[1]}]}',
  '{"$or":{"a":[1]}}',
  '{"$or":[{"a":[1]},1]}',
])('%s is no pattern', (text) => {
  expect(() => parseEventPattern(text)).toThrow(InvalidEventPattern);
});

describe('properties', () => {
  const text = fc.string({ maxLength: 8 });
  const scalar = fc.oneof(
    text,
    fc.integer({ min: -1_000, max: 1_000 }),
    fc.boolean(),
    fc.constant(null),
  );

  test('a pattern made from an event matches that event', () => {
    const tree = fc.letrec<{ node: object }>((tie) => ({
      node: fc.dictionary(
        text.filter((key) => key !== '$or'),
        fc.oneof(scalar, tie('node')),
        {
          minKeys: 1,
          maxKeys: 4,
        },
      ),
    })).node;
    const patternOf = (value: unknown): unknown =>
      typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, patternOf(each)]))
        : [value];
    fc.assert(fc.property(tree, (event) => matches(patternOf(event), event)));
  });

  test('anything-but is the opposite of what it is applied to, for a single string', () => {
    const operators = ['prefix', 'suffix', 'equals-ignore-case'];
    fc.assert(
      fc.property(fc.constantFrom(...operators), text, text, (operator, operand, a) => {
        fc.pre(operand !== '');
        const plain = matches({ a: [{ [operator]: operand }] }, { a });
        const opposite = matches({ a: [{ 'anything-but': { [operator]: operand } }] }, { a });
        expect(opposite).toBe(!plain);
      }),
    );
  });

  test('a wildcard matches as the regular expression that says the same', () => {
    const piece = fc.string({ unit: fc.constantFrom('a', 'b', '*', '\\'), maxLength: 4 });
    const subject = fc.string({ unit: fc.constantFrom('a', 'b', '*', '\\'), maxLength: 12 });
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 4 }), subject, (pieces, a) => {
        fc.pre(pieces.slice(1, -1).every((each) => each !== ''));
        const wildcard = pieces.map((each) => each.replaceAll(/[*\\]/g, '\\$&')).join('*');
        const expression = pieces.map((each) => each.replaceAll(/[*\\]/g, '\\$&')).join('.*');
        expect(matches({ a: [{ wildcard }] }, { a })).toBe(
          new RegExp(`^${expression}$`, 's').test(a),
        );
      }),
    );
  });

  test('whatever text is given is a pattern or is refused as none', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), fc.jsonValue(), (pattern, event) => {
        try {
          parseEventPattern(pattern).matches(event);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidEventPattern);
        }
      }),
    );
  });
});
