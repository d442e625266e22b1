import fc from 'fast-check';
import { expect, test } from 'vitest';
import { urlEvent, type UrlRequest } from './url-event.ts';

const urlId = 'a1'.repeat(16);
const facts = {
  urlId,
  account: '000000000000',
  region: 'eu-west-1',
  traceHeader: 'Root=1-2-3',
  nowMs: Date.UTC(2023, 7, 4, 2, 5, 2, 522),
};
const host = `${urlId}.lambda-url.eu-west-1.localhost:4566`;
const request = (changes: Partial<UrlRequest> = {}): UrlRequest => ({
  id: 'request-1',
  method: 'GET',
  path: '/',
  query: '',
  headers: { host, 'user-agent': 'test/1' },
  body: new Uint8Array(),
  httpVersion: '1.1',
  sourceIp: '127.0.0.1',
  caller: undefined,
  ...changes,
});
// oxlint-disable-next-line typescript/no-explicit-any -- an event is any JSON
const eventOf = (changes?: Partial<UrlRequest>): any =>
  JSON.parse(JSON.stringify(urlEvent(request(changes), facts)));

test('a plain request is the event that AWS was seen to send', () => {
  const domainName = `${urlId}.lambda-url.eu-west-1.localhost`;
  expect(eventOf({ query: 'name=Bob' })).toEqual({
    version: '2.0',
    routeKey: '$default',
    rawPath: '/',
    rawQueryString: 'name=Bob',
    headers: {
      host,
      'user-agent': 'test/1',
      'x-amzn-trace-id': 'Root=1-2-3',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-port': '4566',
      'x-forwarded-proto': 'http',
    },
    queryStringParameters: { name: 'Bob' },
    requestContext: {
      accountId: 'anonymous',
      apiId: urlId,
      domainName,
      domainPrefix: urlId,
      http: {
        method: 'GET',
        path: '/',
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: 'test/1',
      },
      requestId: 'request-1',
      routeKey: '$default',
      stage: '$default',
      time: '04/Aug/2023:02:05:02 +0000',
      timeEpoch: facts.nowMs,
    },
    isBase64Encoded: false,
  });
});

test('repeated parameters are joined, cookies taken apart', () => {
  const event = eventOf({
    query: 'a=1&a=2&b=x%20y+z&c',
    headers: { host, cookie: 'one=1; two=2' },
  });
  expect(event.queryStringParameters).toEqual({ a: '1,2', b: 'x y z', c: '' });
  expect(event.cookies).toEqual(['one=1', 'two=2']);
});

test('a signed request tells who signed it, and not the signature', () => {
  const event = eventOf({
    headers: { host, authorization: 'AWS4-HMAC-SHA256 ...', 'x-amz-security-token': 'secret' },
    caller: {
      accessKeyId: 'AKIA1',
      principal: {
        kind: 'user',
        account: '111122223333',
        arn: 'arn:aws:iam::111122223333:user/ada',
        userId: 'AIDA1',
        userName: 'ada',
      },
    },
  });
  expect(event.requestContext).toMatchObject({
    accountId: '000000000000',
    authentication: null,
    authorizer: {
      iam: {
        accessKey: 'AKIA1',
        accountId: '111122223333',
        callerId: 'AIDA1',
        cognitoIdentity: null,
        principalOrgId: null,
        userArn: 'arn:aws:iam::111122223333:user/ada',
        userId: 'AIDA1',
      },
    },
  });
  expect(JSON.stringify(event)).not.toMatch(/HMAC|secret/);
});

test('any body arrives: texts as they are, the rest in base64', () => {
  const types = fc.constantFrom('application/json', 'text/plain; charset=utf-8', 'image/png', '');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), types, (text, type) => {
      const event = eventOf({ body: Buffer.from(text), headers: { host, 'content-type': type } });
      expect(event.isBase64Encoded).toBe(type === 'image/png' || type === '');
      const encoding = event.isBase64Encoded === true ? 'base64' : 'utf8';
      expect(Buffer.from(event.body, encoding).toString()).toBe(text);
    }),
  );
});

test('any query has parameters, whatever names it uses', () => {
  fc.assert(
    fc.property(fc.string(), fc.webQueryParameters(), (noise, query) => {
      for (const each of [noise, query, '__proto__=1&constructor=2']) {
        expect(eventOf({ query: each }).rawQueryString).toBe(each);
      }
    }),
  );
});
