import { expect, test } from 'vitest';
import { answerOwnPath, healthPath, indexPath, metricsPath } from './own-paths.ts';
import type { OwnRequest } from './own-request.ts';

const paths = [
  indexPath('1.2.3'),
  healthPath(async () => ({ status: 'ok' })),
  metricsPath(() => 'a 1\n', 'text/own'),
];
const ask = async (path: string, more: Partial<OwnRequest> = {}) => {
  const request = { method: 'GET', path, query: '', listener: 'public', ...more } as OwnRequest;
  const { status, headers, body } = await answerOwnPath(paths, request);
  return { status, type: headers['content-type'], text: String(body) };
};

test('health and metrics answer each in its own form', async () => {
  expect(await ask('/_hearth/health')).toEqual({
    status: 200,
    type: 'application/json',
    text: '{\n  "status": "ok"\n}\n',
  });
  expect(await ask('/_hearth/metrics')).toEqual({ status: 200, type: 'text/own', text: 'a 1\n' });
});

test.each(['/', '/_hearth', '/_hearth/'])('%s tells a person what is there', async (path) => {
  const { status, text } = await ask(path);
  expect(status).toBe(200);
  expect(text).toContain('Hearth 1.2.3');
  const named = text.match(/\/_hearth\/\w+/g) ?? [];
  expect(named).toHaveLength(2);
  for (const each of named) expect(await ask(each)).toMatchObject({ status: 200 });
});

test('a path that is not there leads to what is', async () => {
  const { status, text } = await ask('/_hearth/console');
  expect(status).toBe(404);
  expect(text).toContain('Hearth has no /_hearth/console. GET /_hearth/ tells what is there.');
});

test.each(['/_hearth/', '/_hearth/health', '/_hearth/metrics'])(
  '%s is not there for functions, and takes no other method',
  async (path) => {
    expect(await ask(path, { listener: 'sandbox' })).toMatchObject({ status: 404 });
    expect(await ask(path, { method: 'POST' })).toMatchObject({ status: 405 });
    expect(await ask(path, { method: 'HEAD' })).toMatchObject({ status: 200 });
  },
);
