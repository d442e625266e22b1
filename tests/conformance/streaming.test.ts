/** Streamed responses by the AWS SDK for JavaScript: Node functions and a runtime that is a script. */
import { PutRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  TagResourceCommand,
  type InvokeWithResponseStreamResponseEvent,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFunctions, type Functions } from '../../packages/testkit/src/open-functions.ts';

/** Writes, and goes on when the caller, who has read it, has tagged the function. */
const source = `
import { LambdaClient, ListTagsCommand } from '@aws-sdk/client-lambda';
import { setTimeout as sleep } from 'node:timers/promises';
const lambda = new LambdaClient();
export const handler = awslambda.streamifyResponse(async (event, stream, context) => {
  if (event.fails) {
    stream.write('half');
    throw new RangeError('too far');
  }
  if (event.hangs) {
    stream.write('half');
    await sleep(1_000_000);
  }
  if (event.bytes) {
    const chunk = Buffer.alloc(65_536, 'x');
    for (let left = event.bytes; left > 0; left -= chunk.length) {
      const part = chunk.subarray(0, left);
      if (!stream.write(part)) await new Promise((room) => stream.once('drain', room));
    }
    stream.end();
    return;
  }
  stream.write('first,');
  const wanted = new ListTagsCommand({ Resource: context.invokedFunctionArn });
  while ((await lambda.send(wanted)).Tags?.heard === undefined) await sleep(20);
  stream.end('second');
});
export const buffered = async (event) => {
  if (event.fails) throw new RangeError('too far');
  return event;
};
`;

/** As AWS's documents describe it for custom runtimes. */
const bootstrap = `#!/bin/sh
set -eu
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while true; do
  headers=$(mktemp)
  curl -sS -o /dev/null -D "$headers" "$api/next"
  id=$(grep -i Lambda-Runtime-Aws-Request-Id "$headers" | tr -d '[:space:]' | cut -d: -f2)
  { printf 'from '; printf 'a '; printf 'shell'; } |
    curl -sS -o /dev/null -X POST "$api/$id/response" -T - -H 'Content-Type: text/plain' \\
      -H 'Lambda-Runtime-Function-Response-Mode: streaming' -H 'Transfer-Encoding: chunked'
done
`;

let functions: Functions;
beforeAll(async () => {
  functions = await openFunctions(['--stream-rate', '100']);
  await functions.iam.send(
    new PutRolePolicyCommand({
      RoleName: 'function-role',
      PolicyName: 'reads-tags',
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'lambda:ListTags', Resource: '*' }],
      }),
    }),
  );
  const files = { 'index.mjs': source };
  await Promise.all([
    functions.create('streams', 'nodejs26.x', files, { Timeout: 60, MemorySize: 512 }),
    functions.create('hangs', 'nodejs22.x', files, { Timeout: 2 }),
    functions.create('buffered', 'nodejs26.x', files, { Handler: 'index.buffered' }),
    functions.create('shell', 'provided.al2023', {
      bootstrap: { content: bootstrap, mode: 0o100_755 },
    }),
  ]);
});
afterAll(async () => {
  await functions?.[Symbol.asyncDispose]();
});

type Events = AsyncIterable<InvokeWithResponseStreamResponseEvent>;

async function stream(name: string, event: object = {}): Promise<Events> {
  const answer = await functions.lambda.send(
    new InvokeWithResponseStreamCommand({
      FunctionName: name,
      Payload: JSON.stringify(event),
      LogType: 'Tail',
    }),
  );
  expect(answer).toMatchObject({
    StatusCode: 200,
    ExecutedVersion: '$LATEST',
    ResponseStreamContentType: 'application/vnd.amazon.eventstream',
  });
  if (answer.EventStream === undefined) throw new Error('The answer has no stream.');
  return answer.EventStream;
}

interface Taken {
  readonly text: string;
  readonly end: InvokeWithResponseStreamResponseEvent.InvokeCompleteMember['InvokeComplete'];
}

async function take(events: Events): Promise<Taken> {
  const chunks: Uint8Array[] = [];
  for await (const { PayloadChunk: chunk, InvokeComplete: end } of events) {
    if (chunk?.Payload !== undefined) chunks.push(chunk.Payload);
    if (end !== undefined) return { text: Buffer.concat(chunks).toString(), end };
  }
  throw new Error('The stream ended without InvokeComplete.');
}

describe('a Node function that streams', () => {
  test('is heard while it still runs, and its log comes last', async () => {
    const events = (await stream('streams'))[Symbol.asyncIterator]();
    const { value: first } = await events.next();
    expect(Buffer.from(first?.PayloadChunk?.Payload ?? []).toString()).toBe('first,');
    await functions.lambda.send(
      new TagResourceCommand({
        Resource: 'arn:aws:lambda:eu-west-1:000000000000:function:streams',
        Tags: { heard: 'yes' },
      }),
    );
    const rest = await take({ [Symbol.asyncIterator]: () => events });
    expect(rest.text).toBe('second');
    expect(rest.end?.ErrorCode).toBeUndefined();
    expect(Buffer.from(rest.end?.LogResult ?? '', 'base64').toString()).toMatch(/\nREPORT /);
  });

  test('that fails in the middle says so after what it wrote', async () => {
    const { text, end } = await take(await stream('streams', { fails: true }));
    expect(text).toBe('half');
    expect(end?.ErrorCode).toBe('Unhandled');
    expect(JSON.parse(end?.ErrorDetails ?? '')).toMatchObject({
      errorType: 'RangeError',
      errorMessage: 'too far',
    });
  });

  test('that times out in the middle says so after what it wrote', async () => {
    const { text, end } = await take(await stream('hangs', { hangs: true }));
    expect(text).toBe('half');
    expect(end?.ErrorDetails).toContain('Task timed out after 2.00 seconds');
  });

  test('may answer far more than a buffered one', async () => {
    const { text, end } = await take(await stream('streams', { bytes: 16_000_000 }));
    expect(text.length).toBe(16_000_000);
    expect(end?.ErrorCode).toBeUndefined();
  });

  test('answers Invoke whole, within the limit of Invoke', async () => {
    const invoke = async (event: object): Promise<string> => {
      const Payload = JSON.stringify(event);
      const answer = await functions.lambda.send(
        new InvokeCommand({ FunctionName: 'streams', Payload }),
      );
      return answer.Payload?.transformToString() ?? '';
    };
    expect(await invoke({ bytes: 5 })).toBe('xxxxx');
    expect(await invoke({ bytes: 7_000_000 })).toContain('Function.ResponseSizeTooLarge');
    expect(await invoke({ fails: true })).toContain('"errorMessage":"too far"');
  });
});

test('a function that does not stream is streamed all the same, and its error comes last', async () => {
  const { text, end } = await take(await stream('buffered', { a: 1 }));
  expect({ text, error: end?.ErrorCode }).toEqual({ text: '{"a":1}', error: undefined });
  const failed = await take(await stream('buffered', { fails: true }));
  expect(failed).toMatchObject({ text: '', end: { ErrorCode: 'Unhandled' } });
});

test('a shell script streams its answer in chunks', async () => {
  expect((await take(await stream('shell'))).text).toBe('from a shell');
});
