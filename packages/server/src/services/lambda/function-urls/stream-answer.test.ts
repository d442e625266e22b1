import { expect, test } from 'vitest';
import type { InvocationRequest, InvocationResult, Invoker } from '../../../core/invocation.ts';
import type { ResponseSink } from '../../../core/response-sink.ts';
import { HTTP_INTEGRATION_TYPE } from './prelude.ts';
import { startUrlStream } from './stream-answer.ts';
import type { UrlAnswer } from './url-answer.ts';

const empty = Buffer.from('');
const done: InvocationResult = {
  outcome: { kind: 'succeeded', payload: empty },
  payload: empty,
  executedVersion: '$LATEST',
};
const failed: InvocationResult = { ...done, functionError: 'Unhandled' };

/** A function that does this with its answer. */
async function answerOf(
  contentType: string | undefined,
  write: (sink: ResponseSink) => Promise<InvocationResult>,
): Promise<UrlAnswer> {
  const invoker = {
    invoke: async ({ sink }: InvocationRequest) => {
      sink?.begin({ contentType });
      return sink === undefined ? done : write(sink);
    },
  };
  return startUrlStream(invoker as unknown as Invoker, {} as InvocationRequest);
}

async function textOf({ chunks }: UrlAnswer): Promise<string> {
  const taken: Uint8Array[] = [];
  for await (const chunk of chunks ?? []) taken.push(chunk);
  return Buffer.concat(taken).toString();
}

test('without a head it is 200 with the type that the function set', async () => {
  const answer = await answerOf('text/plain', async (sink) => {
    await sink.write(Buffer.from('a'));
    await sink.write(Buffer.from('b'));
    return done;
  });
  expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'text/plain' } });
  expect(await textOf(answer)).toBe('ab');
});

test('a head in pieces comes before the body', async () => {
  const answer = await answerOf(HTTP_INTEGRATION_TYPE, async (sink) => {
    await sink.write(Buffer.from('{"statusCode":'));
    await sink.write(Buffer.from(`404}${'\0'.repeat(8)}not`));
    await sink.write(Buffer.from(' here'));
    return done;
  });
  expect(answer.status).toBe(404);
  expect(await textOf(answer)).toBe('not here');
});

test.each([
  ['an error before the first bytes', 'text/plain', '', failed],
  ['an error before the head is whole', HTTP_INTEGRATION_TYPE, '{', failed],
  ['a head that never ends', HTTP_INTEGRATION_TYPE, '{"statusCode":200}', done],
  ['a head that is none', HTTP_INTEGRATION_TYPE, `[]${'\0'.repeat(8)}`, done],
  ['a content type that is no header', 'a\r\nb: c', 'x', done],
])('%s is 502', async (_name, contentType, text, result) => {
  const answer = await answerOf(contentType, async (sink) => {
    if (text !== '') void sink.write(Buffer.from(text));
    return result;
  });
  expect(answer).toMatchObject({ status: 502 });
});

test('an answer without any bytes is an empty one', async () => {
  const answer = await answerOf('text/plain', async () => done);
  expect({ status: answer.status, text: await textOf(answer) }).toEqual({ status: 200, text: '' });
});

test('an error after the head breaks the body off', async () => {
  const answer = await answerOf('text/plain', async (sink) => {
    await sink.write(Buffer.from('half'));
    return failed;
  });
  await expect(textOf(answer)).rejects.toThrow('The function failed in its answer.');
});
