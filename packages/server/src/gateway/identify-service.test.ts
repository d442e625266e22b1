import { expect, test } from 'vitest';
import { loadServiceModel } from '../wire/service-model.ts';
import { identifyService, type Destination, type RequestHead } from './identify-service.ts';

const names = ['lambda', 'iam', 'sts', 'logs'] as const;
const models = names.map((name) => loadServiceModel(name));
const identify = (request: RequestHead): Destination => identifyService(request, models);

const head = { method: 'POST', path: '/', headers: {}, signedService: undefined };

test('own paths are Hearth’s, whatever else the request carries', () => {
  const request = { ...head, path: '/_hearth/health', signedService: 'lambda' };
  expect(identify(request)).toEqual({ kind: 'hearth', path: '/_hearth/health' });
});

test('a browser that is pointed at the endpoint sees Hearth’s own page; a signed address is S3’s', () => {
  const headers = { 'sec-fetch-dest': 'document' };
  const opened = { ...head, method: 'GET', headers };
  expect(identify(opened)).toEqual({ kind: 'hearth', path: '/' });
  expect(identify({ ...opened, path: '/_hearth' })).toEqual({ kind: 'hearth', path: '/_hearth' });
  const elsewhere = { kind: 'unserved', service: 's3' };
  expect(identify({ ...opened, signedService: 's3' })).toEqual(elsewhere);
  expect(identify({ ...opened, headers: {} })).toEqual(elsewhere);
  expect(identify({ ...opened, path: '/_hearths' })).toEqual(elsewhere);
});

test('X-Amz-Target names the service before the signature does', () => {
  const headers = { 'x-amz-target': 'Logs_20140328.PutLogEvents' };
  expect(identify({ ...head, headers, signedService: 'iam' })).toEqual({
    kind: 'service',
    name: 'logs',
  });
});

test.each(names)('the signature’s scope names %s', (name) => {
  expect(identify({ ...head, signedService: name })).toEqual({ kind: 'service', name });
});

test('a service that is not served is named', () => {
  expect(identify({ ...head, signedService: 'sqs' })).toEqual({
    kind: 'unserved',
    service: 'sqs',
  });
});

test('unsigned requests reach a service only by what is unmistakably its own', () => {
  const path = '/2015-03-31/functions/f/invocations';
  expect(identify({ ...head, path })).toEqual({ kind: 'service', name: 'lambda' });
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  expect(identify({ ...head, headers })).toEqual({ kind: 'service', name: 'sts' });
  expect(identify({ ...head, path: '/bucket/key' })).toEqual({
    kind: 'unserved',
    service: 's3',
  });
});
