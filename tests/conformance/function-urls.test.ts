/** Function URLs: made by the AWS SDK for JavaScript, called by curl under their own host and by fetch. */
import { PutRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionUrlConfigCommand,
  PutFunctionConcurrencyCommand,
  TagResourceCommand,
  UpdateFunctionUrlConfigCommand,
  type CreateFunctionUrlConfigCommandInput,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signRequest } from '../../packages/server/src/wire/sigv4.ts';
import { openFunctions, type Functions } from '../../packages/testkit/src/open-functions.ts';
import { runCommand } from '../../packages/testkit/src/run-command.ts';

const FORBIDDEN = {
  Message:
    'Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html',
};

const source = `
export const handler = async (event) => {
  if (event.rawPath === '/fails') throw new Error('secret');
  if (event.rawPath === '/event') return { statusCode: 200, body: JSON.stringify(event) };
  if (event.rawPath === '/plain') return 'plain';
  return {
    statusCode: 201,
    headers: { 'x-own': 'yes', 'Access-Control-Allow-Origin': 'https://own.example' },
    cookies: ['a=1', 'b=2; Secure'],
    body: Buffer.from('made').toString('base64'),
    isBase64Encoded: true,
  };
};
`;
const streaming = `
import { LambdaClient, ListTagsCommand } from '@aws-sdk/client-lambda';
import { setTimeout as sleep } from 'node:timers/promises';
const lambda = new LambdaClient();
export const handler = awslambda.streamifyResponse(async (event, stream, context) => {
  if (event.rawPath === '/fails') throw new Error('secret');
  const http = awslambda.HttpResponseStream.from(stream, {
    statusCode: 202,
    headers: { 'content-type': 'text/event-stream' },
    cookies: ['a=1'],
  });
  http.write('first,');
  const Resource = context.invokedFunctionArn;
  while ((await lambda.send(new ListTagsCommand({ Resource }))).Tags?.heard === undefined) await sleep(20);
  http.end('second');
});
`;

let functions: Functions;
beforeAll(async () => {
  functions = await openFunctions();
  const statement = { Effect: 'Allow', Action: 'lambda:ListTags', Resource: '*' };
  await functions.iam.send(
    new PutRolePolicyCommand({
      RoleName: 'function-role',
      PolicyName: 'reads-tags',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
    }),
  );
  await Promise.all([
    functions.create('answers', 'nodejs26.x', { 'index.mjs': source }),
    functions.create('streams', 'nodejs26.x', { 'index.mjs': streaming }, { Timeout: 60 }),
  ]);
});
afterAll(async () => {
  await functions?.[Symbol.asyncDispose]();
});

/** Its address by host, and by a path for clients that do not resolve such a name. */
async function createUrl(
  input: CreateFunctionUrlConfigCommandInput,
): Promise<{ readonly host: string; readonly path: string }> {
  const { FunctionUrl: host = '' } = await functions.lambda.send(
    new CreateFunctionUrlConfigCommand(input),
  );
  const id = new URL(host).hostname.split('.')[0] ?? '';
  return { host, path: `${functions.server.endpoint}/_hearth/url/${id}/` };
}

async function open(FunctionName: string, Qualifier?: string): Promise<void> {
  const shared = { FunctionName, Qualifier, Principal: '*' };
  await functions.lambda.send(
    new AddPermissionCommand({
      ...shared,
      StatementId: 'url',
      Action: 'lambda:InvokeFunctionUrl',
      FunctionUrlAuthType: 'NONE',
    }),
  );
  await functions.lambda.send(
    new AddPermissionCommand({
      ...shared,
      StatementId: 'function',
      Action: 'lambda:InvokeFunction',
      InvokedViaFunctionUrl: true,
    }),
  );
}

interface Curled {
  readonly status: number;
  readonly headers: string;
  readonly body: string;
}

async function curl(url: string, ...args: readonly string[]): Promise<Curled> {
  const { status, stdout, stderr } = await runCommand(['/usr/bin/curl', '-sS', '-i', ...args, url]);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  const end = stdout.indexOf('\r\n\r\n');
  const headers = stdout.slice(0, end).toLowerCase();
  return { status: Number(headers.split(' ')[1]), headers, body: stdout.slice(end + 4) };
}

describe('a URL without authentication', () => {
  let url: { readonly host: string; readonly path: string };
  beforeAll(async () => {
    url = await createUrl({ FunctionName: 'answers', AuthType: 'NONE' });
  });

  test('needs both permissions of the function’s policy all the same', async () => {
    const refused = await curl(url.host);
    expect(refused.status).toBe(403);
    expect(JSON.parse(refused.body)).toEqual(FORBIDDEN);
    await open('answers');
    expect((await curl(url.host)).status).toBe(201);
  });

  test('hands the request over as payload 2.0, and is answered by the rules of it', async () => {
    const form = ['-d', 'x=1', '-b', 'c=d', '-H', 'X-Two: 1', '-H', 'X-Two: 2'];
    const { body } = await curl(`${url.host}event?q=a&q=b`, ...form);
    expect(JSON.parse(body)).toMatchObject({
      version: '2.0',
      rawPath: '/event',
      rawQueryString: 'q=a&q=b',
      queryStringParameters: { q: 'a,b' },
      cookies: ['c=d'],
      headers: { 'x-two': '1,2' },
      requestContext: { accountId: 'anonymous', http: { method: 'POST' } },
      body: Buffer.from('x=1').toString('base64'),
      isBase64Encoded: true,
    });
    const made = await curl(url.host);
    expect(made).toMatchObject({ status: 201, body: 'made' });
    expect(made.headers).toMatch(/\nx-own: yes/);
    expect(made.headers).toMatch(/\nset-cookie: a=1\r\nset-cookie: b=2; secure/);
    expect(await curl(`${url.host}plain`)).toMatchObject({ status: 200, body: 'plain' });
  });

  test('tells nobody what the function did wrong', async () => {
    const failed = await curl(`${url.host}fails`);
    expect(failed).toMatchObject({ status: 502, body: 'Internal Server Error' });
  });

  test('is for pages of other origins, and the API is not', async () => {
    const page = ['-H', 'Origin: https://shop.example', '-H', 'Sec-Fetch-Site: cross-site'];
    for (const address of [url.host, url.path]) {
      expect((await curl(address, ...page)).status).toBe(201);
    }
    const health = `${functions.server.endpoint}/_hearth/health`;
    expect((await curl(health, ...page)).status).toBe(403);
  });

  test('under a path shares no origin with the API', async () => {
    expect((await curl(url.path)).headers).toMatch(/\ncontent-security-policy: sandbox /);
    expect((await curl(url.host)).headers).not.toContain('content-security-policy');
  });

  test('answers CORS in the function’s place where it has rules', async () => {
    const Cors = { AllowOrigins: ['https://shop.example'], AllowMethods: ['PUT'], MaxAge: 9 };
    await functions.lambda.send(
      new UpdateFunctionUrlConfigCommand({ FunctionName: 'answers', Cors }),
    );
    const origin = ['-H', 'Origin: https://shop.example'];
    const preflight = [...origin, '-H', 'Access-Control-Request-Method: PUT', '-X', 'OPTIONS'];
    const { status, headers } = await curl(url.host, ...preflight);
    expect(status).toBe(200);
    expect(headers).toMatch(/\naccess-control-allow-origin: https:\/\/shop\.example/);
    expect(headers).toMatch(/\naccess-control-max-age: 9/);
    const answer = (await curl(url.host, ...origin)).headers;
    expect(answer.match(/access-control-allow-origin: .*/g)).toEqual([
      'access-control-allow-origin: https://shop.example',
    ]);
    expect((await curl(url.host)).headers).not.toContain('access-control');
  });

  test('of an alias is a URL of its own, with a policy of its own', async () => {
    await functions.lambda.send(
      new CreateAliasCommand({ FunctionName: 'answers', Name: 'live', FunctionVersion: '$LATEST' }),
    );
    const input = { FunctionName: 'answers', Qualifier: 'live', AuthType: 'NONE' } as const;
    const own = await createUrl(input);
    expect((await curl(own.host)).status).toBe(403);
    await open('answers', 'live');
    expect((await curl(own.host)).status).toBe(201);
  });

  test('is throttled as the function is', async () => {
    const name = { FunctionName: 'answers' };
    await functions.lambda.send(
      new PutFunctionConcurrencyCommand({ ...name, ReservedConcurrentExecutions: 0 }),
    );
    expect((await curl(url.host)).status).toBe(429);
    await functions.lambda.send(
      new PutFunctionConcurrencyCommand({ ...name, ReservedConcurrentExecutions: 5 }),
    );
    expect((await curl(url.host)).status).toBe(201);
  });

  test('that does not exist is forbidden, and no way to the API', async () => {
    const nobody = url.host.replace(/\/\/.{32}/, `//${'0'.repeat(32)}`);
    expect((await curl(`${nobody}_hearth/health`)).status).toBe(403);
  });
});

test('a URL with AWS_IAM is for whoever signs and may', async () => {
  await functions.create('signed', 'nodejs26.x', { 'index.mjs': source });
  const { path } = await createUrl({ FunctionName: 'signed', AuthType: 'AWS_IAM' });
  const call = async (secretAccessKey: string): Promise<Response> => {
    const { host, pathname } = new URL(`${path}event`);
    const head = { method: 'GET', path: pathname, query: '', headers: { host } };
    const headers = signRequest(
      { ...head, body: new Uint8Array() },
      { accessKeyId: 'test', secretAccessKey },
      { region: 'eu-west-1', service: 'lambda', nowMs: Date.now() },
    );
    return fetch(`${path}event`, { headers });
  };
  const unsigned = await fetch(path);
  expect({ status: unsigned.status, body: await unsigned.json() }).toEqual({
    status: 403,
    body: FORBIDDEN,
  });
  expect((await call('wrong')).status).toBe(403);
  const answer = await call('test');
  expect(answer.status).toBe(200);
  const event = (await answer.json()) as { readonly headers: object };
  expect(event).toMatchObject({
    requestContext: { authorizer: { iam: { userArn: 'arn:aws:iam::000000000000:root' } } },
  });
  expect(event.headers).not.toHaveProperty('authorization');
});

test('a URL that streams is heard while the function still runs', async () => {
  const { host, path } = await createUrl({
    FunctionName: 'streams',
    AuthType: 'NONE',
    InvokeMode: 'RESPONSE_STREAM',
  });
  await open('streams');
  const answer = await fetch(path);
  expect(answer.status).toBe(202);
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  expect(answer.headers.getSetCookie()).toEqual(['a=1']);
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of answer.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text !== 'first,') continue;
    await functions.lambda.send(
      new TagResourceCommand({
        Resource: 'arn:aws:lambda:eu-west-1:000000000000:function:streams',
        Tags: { heard: 'yes' },
      }),
    );
  }
  expect(text).toBe('first,second');
  const failed = await curl(`${host}fails`);
  expect(failed).toMatchObject({ status: 502, body: 'Internal Server Error' });
});
