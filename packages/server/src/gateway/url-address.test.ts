import { expect, test } from 'vitest';
import { urlAddress } from './url-address.ts';

const id = 'a1'.repeat(16);
const host = `${id}.lambda-url.eu-west-1.localhost`;

test.each([host, `${host}:4566`, host.toUpperCase(), `${id}.lambda-url.eu-west-1.on.aws`])(
  'the host %s names a URL, and every path is the function',
  (name) => {
    const address = { id, region: 'eu-west-1', kind: 'host' };
    for (const path of ['/', '/a%20b', '/_hearth/health', '/2015-03-31/functions']) {
      expect(urlAddress({ path, headers: { host: name } })).toEqual({ ...address, path });
    }
  },
);

test.each([
  ['/_hearth/url/ID', '/'],
  ['/_hearth/url/ID/', '/'],
  ['/_hearth/url/ID/a/b%2Fc', '/a/b%2Fc'],
])('the path %s is %s to the function', (path, seen) => {
  expect(urlAddress({ path: path.replace('ID', id), headers: { host: '127.0.0.1' } })).toEqual({
    id,
    region: undefined,
    path: seen,
    kind: 'path',
  });
});

test.each([
  ['localhost', '/'],
  [`x${host}`, '/'],
  [`${host}.`, '/'],
  [`${host}.example.com`, '/'],
  ['127.0.0.1', '/_hearth/url/short/'],
  ['127.0.0.1', `/_hearth/url/${id}x`],
])('the host %s with the path %s names none', (name, path) => {
  expect(urlAddress({ path, headers: { host: name } })).toBeUndefined();
});
