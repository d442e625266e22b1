import { expect, test } from 'vitest';
import { answerOwnPath, healthPath, metricsPath } from './own-paths.ts';
import type { OwnRequest } from './own-request.ts';

const paths = [healthPath(async () => ({ status: 'ok' })), metricsPath(() => 'a 1\n', 'text/own')];
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

test.each(['/_hearth/health', '/_hearth/metrics'])(
  '%s is not there for functions, and takes no other method',
  async (path) => {
    expect(await ask(path, { listener: 'sandbox' })).toMatchObject({ status: 404 });
    expect(await ask(path, { method: 'POST' })).toMatchObject({ status: 405 });
    expect(await ask(path, { method: 'HEAD' })).toMatchObject({ status: 200 });
  },
);
