import { expect, test } from 'vitest';
import { webPageProblem } from './browser-guard.ts';

test.each([
  {},
  { host: '127.0.0.1:4566' },
  { host: '[::1]:4566' },
  { host: 'localhost:4566' },
  { host: 'LOCALHOST' },
  { host: 'bucket.s3.localhost:4566' },
  { host: '127.0.0.1:4566', origin: 'http://127.0.0.1:4566' },
  { host: '127.0.0.1:4566', 'sec-fetch-site': 'same-origin' },
  { host: '127.0.0.1:4566', 'sec-fetch-site': 'none' },
])('the headers %j are those of a client or of a page of our own', (headers) => {
  expect(webPageProblem(headers)).toBeUndefined();
});

test('an address that a browser opens is not an action of the API', () => {
  const opened = { host: '127.0.0.1:4566', 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' };
  expect(webPageProblem(opened, 'X-Amz-Expires=60')).toBeUndefined();
  expect(webPageProblem(opened, 'X-Amz-Expires=60&%41ction=DeleteUser')).toMatch(/^Hearth /);
});

test.each([
  { host: '127.0.0.1:4566', origin: 'https://example.com' },
  { host: '127.0.0.1:4566', origin: 'null' },
  { host: '127.0.0.1:4566', origin: 'http://127.0.0.1:8080' },
  { host: '127.0.0.1:4566', 'sec-fetch-site': 'cross-site' },
  { host: '127.0.0.1:4566', 'sec-fetch-site': 'same-site' },
  { host: 'example.com:4566' },
  { host: 'example.com:4566', origin: 'http://example.com:4566' },
  { host: 'localhost.example.com' },
  { host: 'notlocalhost' },
  { host: '127.0.0.1,example.com' },
])('the headers %j are those of a page from elsewhere', (headers) => {
  expect(webPageProblem(headers)).toMatch(/^Hearth /);
});
