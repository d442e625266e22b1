import { expect, test } from 'vitest';
import { corsHeaders, preflightHeaders } from './cors.ts';

const page = 'https://shop.example';
const preflight = (origin = page, method = 'PUT'): Record<string, string> => ({
  origin,
  'access-control-request-method': method,
});
const rules = {
  allowOrigins: [page],
  allowMethods: ['GET', 'PUT'],
  allowHeaders: ['x-a', 'x-b'],
  exposeHeaders: ['date'],
  maxAgeSeconds: 60,
};

test('a preflight of an allowed page and method is told all rules', () => {
  expect(preflightHeaders(rules, 'OPTIONS', preflight())).toEqual({
    'access-control-allow-origin': page,
    vary: 'Origin',
    'access-control-allow-methods': 'GET,PUT',
    'access-control-allow-headers': 'x-a,x-b',
    'access-control-expose-headers': 'date',
    'access-control-max-age': '60',
  });
});

test('a preflight of another page or method is told nothing', () => {
  expect(preflightHeaders(rules, 'OPTIONS', preflight('https://evil.example'))).toEqual({});
  expect(preflightHeaders(rules, 'OPTIONS', preflight(page, 'DELETE'))).toEqual({});
});

test('what is no preflight is the function, also with OPTIONS', () => {
  expect(preflightHeaders(rules, 'PUT', preflight())).toBeUndefined();
  expect(preflightHeaders(rules, 'OPTIONS', { origin: page })).toBeUndefined();
  expect(preflightHeaders(rules, 'OPTIONS', {})).toBeUndefined();
});

test('everybody is a star, but by name where credentials are allowed', () => {
  const all = { allowOrigins: ['*'] };
  expect(corsHeaders(all, page)).toEqual({ 'access-control-allow-origin': '*' });
  expect(corsHeaders({ ...all, allowCredentials: true }, page)).toEqual({
    'access-control-allow-origin': page,
    'access-control-allow-credentials': 'true',
    vary: 'Origin',
  });
});

test('an answer to a page that is not allowed, or to no page, says nothing', () => {
  expect(corsHeaders(rules, 'https://evil.example')).toEqual({});
  expect(corsHeaders(rules, undefined)).toEqual({});
  expect(corsHeaders({}, page)).toEqual({});
});
