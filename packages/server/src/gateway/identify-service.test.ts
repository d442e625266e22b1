import { expect, test } from 'vitest';
import { identifyService } from './identify-service.ts';

const head = { method: 'POST', path: '/', headers: {}, signedService: undefined };

test('own paths are Hearth’s, whatever else the request carries', () => {
  const request = { ...head, path: '/_hearth/health', signedService: 'lambda' };
  expect(identifyService(request)).toEqual({ kind: 'hearth', path: '/_hearth/health' });
});

test('X-Amz-Target names the service before the signature does', () => {
  const headers = { 'x-amz-target': 'Logs_20140328.PutLogEvents' };
  expect(identifyService({ ...head, headers, signedService: 'iam' })).toEqual({
    kind: 'service',
    name: 'logs',
  });
});

test.each(['lambda', 'iam', 'sts', 'logs'] as const)('the signature’s scope names %s', (name) => {
  expect(identifyService({ ...head, signedService: name })).toEqual({ kind: 'service', name });
});

test('a service that is not served is named', () => {
  expect(identifyService({ ...head, signedService: 'sqs' })).toEqual({
    kind: 'unserved',
    service: 'sqs',
  });
});

test('unsigned requests reach a service only by what is unmistakably its own', () => {
  const path = '/2015-03-31/functions/f/invocations';
  expect(identifyService({ ...head, path })).toEqual({ kind: 'service', name: 'lambda' });
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  expect(identifyService({ ...head, headers })).toEqual({ kind: 'service', name: 'sts' });
  expect(identifyService({ ...head, path: '/bucket/key' })).toEqual({
    kind: 'unserved',
    service: 's3',
  });
});
