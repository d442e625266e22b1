import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Prelude } from './prelude.ts';
import { httpAnswer } from './url-answer.ts';

const answerOf = (value: unknown): unknown => {
  const answer = httpAnswer(Buffer.from(JSON.stringify(value)));
  return answer && { ...answer, body: Buffer.from(answer.body).toString() };
};
const json = { status: 200, headers: { 'content-type': 'application/json' }, cookies: [] };

test('a text is the body without quotes, other JSON the body as it is', () => {
  expect(answerOf('hello')).toEqual({ ...json, body: 'hello' });
  for (const value of [{ a: 1 }, [1], 7, null, true]) {
    expect(answerOf(value)).toEqual({ ...json, body: JSON.stringify(value) });
  }
  const odd = httpAnswer(Buffer.from('no JSON'));
  expect(Buffer.from(odd?.body ?? []).toString()).toBe('no JSON');
});

test('an object with a status is status, headers, cookies and body', () => {
  expect(
    answerOf({
      statusCode: 201,
      headers: { 'X-A': 'b', 'Content-Type': 'text/html', 'x-n': 5, 'x-none': null },
      cookies: ['a=1; Secure', 'b=2'],
      body: '<p>',
    }),
  ).toEqual({
    status: 201,
    headers: { 'x-a': 'b', 'content-type': 'text/html', 'x-n': '5' },
    cookies: ['a=1; Secure', 'b=2'],
    body: '<p>',
  });
  expect(answerOf({ statusCode: 204 })).toMatchObject({ status: 204, body: '' });
});

test('a body in base64 is decoded', () => {
  const body = Buffer.from('bytes').toString('base64');
  expect(answerOf({ statusCode: 200, body, isBase64Encoded: true })).toMatchObject({
    body: 'bytes',
  });
});

test.each([
  [{ statusCode: 'many' }],
  [{ statusCode: 99 }],
  [{ statusCode: 1_000 }],
  [{ statusCode: { toString: null } }],
  [{ statusCode: 200, headers: 'x' }],
  [{ statusCode: 200, headers: { 'x-a': { b: 1 } } }],
  [{ statusCode: 200, headers: { 'x-a': 'b\r\nx-evil: 1' } }],
  [{ statusCode: 200, headers: { 'not a name': 'b' } }],
  [{ statusCode: 200, cookies: 'a=1' }],
  [{ statusCode: 200, cookies: ['a\r\nb'] }],
  [{ statusCode: 200, cookies: [{ toString: null }] }],
  [{ statusCode: 200, body: { a: 1 } }],
])('%j is no answer', (value) => {
  expect(answerOf(value)).toBeUndefined();
});

test('what belongs to the connection is not the function’s to set', () => {
  const headers = { 'Content-Length': '5', 'transfer-encoding': 'chunked', Connection: 'close' };
  expect(answerOf({ statusCode: 200, headers })).toMatchObject({ headers: json.headers });
});

test('anything that a function may answer is an answer or none, never an exception', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (statusCode, headers, body) => {
      answerOf({ statusCode, headers, body });
      answerOf({ statusCode: 200, headers, cookies: body });
    }),
  );
});

test('a prelude is found wherever it is cut', () => {
  const text = '{"statusCode":201,"headers":{"x-a":"b"},"cookies":["c=d"]}';
  const bytes = Buffer.from(`${text}${'\0'.repeat(8)}body`);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: bytes.length }), { maxLength: 8 }), (cuts) => {
      const prelude = new Prelude();
      let seen = '';
      let isWhole = false;
      let at = 0;
      for (const cut of [...cuts.sort((a, b) => a - b), bytes.length]) {
        const part = bytes.subarray(at, cut);
        at = cut;
        if (isWhole) {
          seen += part.toString();
          continue;
        }
        const step = prelude.push(part);
        if (step.kind !== 'whole') continue;
        isWhole = true;
        expect(step.head).toMatchObject({ status: 201, headers: { 'x-a': 'b' }, cookies: ['c=d'] });
        seen += Buffer.from(step.rest).toString();
      }
      expect(seen).toBe('body');
    }),
  );
});

test('a prelude that is none, or has no end, is given up', () => {
  expect(new Prelude().push(Buffer.from(`no JSON${'\0'.repeat(8)}`))).toEqual({ kind: 'bad' });
  expect(new Prelude().push(Buffer.alloc(1_100_000, 'x'))).toEqual({ kind: 'bad' });
});
