import fc from 'fast-check';
import { expect, test } from 'vitest';
import { routeRequest } from './route-request.ts';

const root = '/2018-06-01/runtime';

test.for([
  ['GET', `${root}/invocation/next`, { kind: 'next' }],
  ['GET', `${root}/invocation/next?x=1`, { kind: 'next' }],
  ['POST', `${root}/invocation/a-1/response`, { kind: 'response', requestId: 'a-1' }],
  ['POST', `${root}/invocation/a-1/error`, { kind: 'error', requestId: 'a-1' }],
  ['POST', `${root}/init/error`, { kind: 'init-error' }],
  ['GET', '/2018-06-01/ping', { kind: 'ping' }],
  ['POST', `${root}/invocation/next`, { kind: 'wrong-method' }],
  ['GET', `${root}/invocation/a-1/response`, { kind: 'wrong-method' }],
  ['GET', `${root}/invocation//response`, { kind: 'unknown' }],
  ['POST', `${root}/invocation/a/b/response`, { kind: 'unknown' }],
  ['GET', '/2015-03-31/functions', { kind: 'unknown' }],
  ['GET', '/2018-06-01/constructor', { kind: 'unknown' }],
] as const)('%s %s', ([method, url, route]) => {
  expect(routeRequest(method, url)).toEqual(route);
});

test('any request line has some answer', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (method, url) => {
      expect(routeRequest(method, `/2018-06-01/${url}`)).toHaveProperty('kind');
    }),
  );
});
