/** Streaming handlers of every Node runtime: what they write, and how it reaches the Runtime API. */
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Answer } from '../in-test-runtime-api.ts';
import { openInTest, sampleFunctions, tryInstall } from '../open-in-test.ts';
import { startInTest } from '../start-in-test.ts';
import { pinnedInterpreters } from './interpreters.ts';

const cjs = path.join(sampleFunctions, 'nodejs-cjs');
const catalogue = await openInTest();

for (const { identifier } of pinnedInterpreters) {
  // That it can be installed is a test of nodejs.test.ts.
  const installation = await tryInstall(catalogue, identifier);
  if (typeof installation === 'string') continue;
  const invoke = async (name: string, parts: readonly string[] = []): Promise<Answer> => {
    await using started = await startInTest(installation, cjs, `streams.${name}`);
    return await started.api.invoke(JSON.stringify({ parts }));
  };
  describe(identifier, () => {
    test('what a handler writes is its answer, with the type that it sets', async () => {
      const { requestId, headers, body, kind, trailers } = await invoke('handler', ['a', 'ü', '']);
      expect(kind).toBe('response');
      expect(body.toString()).toBe(`aü${JSON.stringify({ id: requestId })}`);
      expect(headers).toMatchObject({
        'content-type': 'text/plain',
        'lambda-runtime-function-response-mode': 'streaming',
        'transfer-encoding': 'chunked',
      });
      expect(trailers).toEqual({});
    });

    test('one invocation after the other streams, through pipelines too', async () => {
      await using started = await startInTest(installation, cjs, 'streams.pipes');
      for (const parts of [['one', 'two'], ['three'], ['x'.repeat(100_000)]]) {
        const answer = await started.api.invoke(JSON.stringify({ parts }));
        expect(answer.body.toString()).toBe(parts.join(''));
        expect(answer.headers['content-type']).toBe('application/octet-stream');
      }
    });

    test('what is large arrives whole', async () => {
      const { body } = await invoke('large');
      expect(body.length).toBe(200 * 65_536);
      expect(body.at(-1)).toBe(199);
    });

    test('status and headers go before the body, ended by eight zeros', async () => {
      const { headers, body } = await invoke('http');
      expect(headers['content-type']).toBe('application/vnd.awslambda.http-integration-response');
      const prelude = '{"statusCode":201,"headers":{"x-a":"b"}}';
      expect(body.toString()).toBe(`${prelude}${'\0'.repeat(8)}made`);
    });

    test.each([
      ['throwsAtOnce', '', 'RangeError', 'too far'],
      ['throwsInTheMiddle', 'half', 'RangeError', 'too far'],
      ['isNotAsync', '', 'Error', 'Streaming does not support non-async handlers.'],
      ['crashes', 'half', 'RangeError', 'out of nowhere'],
      [
        'tooLate',
        'first',
        'Runtime.InvalidStreamingOperation',
        'Cannot set content-type, too late.',
      ],
    ])('the error of %s comes in the trailers', async (name, written, type, message) => {
      const { body, trailers } = await invoke(name);
      expect(body.toString()).toBe(written);
      expect(reportOf(trailers)).toMatchObject({ errorType: type, errorMessage: message });
      expect(trailers['lambda-runtime-function-error-type']).toBe(type);
    });

    test('a pipeline that breaks is an error of the invocation', async () => {
      const { trailers } = await invoke('breaksThePipe');
      expect(reportOf(trailers)).toMatchObject({ errorMessage: 'the source broke' });
    });
  });
}

function reportOf(trailers: Answer['trailers']): unknown {
  const body = trailers['lambda-runtime-function-error-body'] ?? '';
  return JSON.parse(Buffer.from(body, 'base64').toString());
}
