/**
 * The Node runtimes: the contract suite and AWS's own behaviour for each major. Majors other than
 * ours come from npm once; where that is not possible one test fails, with the sentence that says why.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openInTest, sampleFunctions, tryInstall } from '../open-in-test.ts';
import { jsonOf, testRuntime } from '../runtime.testsuite.ts';
import type { Echo } from '../runtime.testsuite.ts';
import type { RuntimeInstallation } from '../runtime-catalogue.ts';
import { startInTest } from '../start-in-test.ts';
import { pinnedInterpreters } from './interpreters.ts';

const cjs = path.join(sampleFunctions, 'nodejs-cjs');
const esm = path.join(sampleFunctions, 'nodejs-esm');
const catalogue = await openInTest();

let temporary = '';
beforeAll(async () => {
  temporary = await mkdtemp(path.join(os.tmpdir(), 'hearth-nodejs-'));
});
afterAll(async () => {
  await rm(temporary, { recursive: true });
});

for (const { identifier, major } of pinnedInterpreters) {
  const installation = await tryInstall(catalogue, identifier);
  if (typeof installation === 'string') {
    test(`${identifier} is installed`, () => {
      expect.fail(installation);
    });
    continue;
  }
  describe(identifier, () => {
    testRuntime({
      installation,
      folder: cjs,
      handlers: {
        echoes: 'echoes.handler',
        nested: 'nested/module.handler',
        throws: 'throws.handler',
        throwsInInit: 'throws-in-init.handler',
        exits42: 'breaks.exits42',
        missingFunction: 'echoes.nothing',
        missingModule: 'absent.handler',
        malformed: 'echoes',
      },
      initErrors: {
        missingFunction: 'echoes.nothing is undefined or not exported',
        missingModule: /^Error: Cannot find module 'absent'\nRequire stack:\n- .*\/index\.mjs$/,
        malformed: 'Bad handler',
      },
    });
    testHandlers(installation);
    testLog(installation, major);
    testErrors(installation, major);
    if (major < 24) testCallbacks(installation);
    else testWithoutCallbacks(installation);
  });
}

function testHandlers(installation: RuntimeInstallation): void {
  test('the context is complete', async () => {
    await using started = await startInTest(installation, cjs, 'echoes.handler');
    const answer = await started.api.invoke('{}', {
      'Lambda-Runtime-Client-Context': '{"custom":{"a":"é"}}',
      'Lambda-Runtime-Cognito-Identity': '{"cognitoIdentityId":"i","cognitoIdentityPoolId":"p"}',
      'Lambda-Runtime-Aws-Tenant-Id': 'blue',
    });
    expect(jsonOf<Echo>(answer).context).toMatchObject({
      functionName: 'shop',
      functionVersion: '$LATEST',
      memoryLimitInMB: '128',
      logGroupName: '/aws/lambda/shop',
      logStreamName: '2026/11/24/[$LATEST]0123456789abcdef0123456789abcdef',
      clientContext: { custom: { a: 'é' } },
      identity: { cognitoIdentityId: 'i', cognitoIdentityPoolId: 'p' },
      invokedFunctionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:shop',
      awsRequestId: answer.requestId,
      tenantId: 'blue',
    });
  });

  test.each([
    ['an export inside another', cjs, 'echoes.inner.handler', '{"a":1}', { a: 1 }],
    [
      'an .mjs file with a top-level await',
      esm,
      'echoes.handler',
      '7',
      { event: 7, started: 'with a top-level await' },
    ],
    [
      'a .js file in a package of type module',
      path.join(sampleFunctions, 'nodejs-type-module'),
      'index.handler',
      '7',
      { event: 7, url: 'index.js' },
    ],
  ])('%s is a handler', async (_name, folder, handler, event, expected) => {
    await using started = await startInTest(installation, folder, handler);
    expect(jsonOf(await started.api.invoke(event))).toEqual(expected);
  });

  test('the AWS SDK is there for require and for import', async () => {
    await using required = await startInTest(installation, cjs, 'uses-the-sdk.handler');
    expect(jsonOf(await required.api.invoke('{}'))).toEqual([
      'Lambda',
      'IAM',
      'STS',
      'CloudWatch Logs',
    ]);
    await using imported = await startInTest(installation, esm, 'uses-the-sdk.handler');
    expect(jsonOf(await imported.api.invoke('{}'))).toBe('STS');
  });
}

function testLog(installation: RuntimeInstallation, major: number): void {
  const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;

  test('each call of the console is one line with time, request id and level', async () => {
    await using started = await startInTest(installation, cjs, 'prints.handler');
    const { requestId } = await started.api.invoke('{}');
    const lines = (await started.end()).trimEnd().split('\n');
    const line = (level: string, text: string): RegExp =>
      new RegExp(`^${time}\t${requestId}\t${level}\t${text}`);
    expect(lines[0]).toMatch(line('INFO', 'one two { three: 3 }$'));
    expect(lines[1]).toMatch(line('DEBUG', 'first line\rsecond line$'));
    expect(lines[2]).toMatch(line('WARN', 'careful$'));
    expect(lines[3]).toMatch(line('ERROR', 'Error: shown\r {4}at '));
    expect(lines.slice(4)).toEqual(['raw']);
  });

  test('in the JSON format each call is one object, and lower levels are left out', async () => {
    const env = { AWS_LAMBDA_LOG_FORMAT: 'JSON', AWS_LAMBDA_LOG_LEVEL: 'WARN' };
    await using started = await startInTest(installation, cjs, 'prints.handler', env);
    const { requestId } = await started.api.invoke('{}');
    const [warning, error, ...rest] = (await started.end()).trimEnd().split('\n');
    expect(JSON.parse(warning!)).toEqual({
      timestamp: expect.stringMatching(new RegExp(`^${time}$`)) as string,
      level: 'WARN',
      requestId,
      message: 'careful',
    });
    expect(JSON.parse(error!)).toMatchObject({
      level: 'ERROR',
      message: { errorType: 'Error', errorMessage: 'shown' },
    });
    expect(rest).toEqual(['raw']);
  });

  test('a failed init is logged with the words of this major', async () => {
    await using started = await startInTest(installation, cjs, 'throws-in-init.handler');
    await started.exited;
    const [id, words] = major < 24 ? ['undefined', 'Uncaught Exception'] : ['-', 'Init Error'];
    expect(await started.end()).toMatch(
      new RegExp(`^${time}\t${id}\tERROR\t${words} \t\\{"errorType":"RangeError"`),
    );
  });
}

function testErrors(installation: RuntimeInstallation, major: number): void {
  test('a thrown error is reported with its trace, and logged with its members', async () => {
    await using started = await startInTest(installation, cjs, 'throws.sync');
    const answer = await started.api.invoke('{}');
    const { trace, ...rest } = jsonOf<{ trace: string[] }>(answer);
    expect(rest).toEqual({ errorType: 'OrderError', errorMessage: 'no such order' });
    expect(trace[0]).toBe('OrderError: no such order');
    expect(trace[1]).toContain(path.join(cjs, 'throws.js'));
    const logged = (await started.end()).split('\tERROR\tInvoke Error \t')[1]!;
    expect(JSON.parse(logged)).toMatchObject({ errorType: 'OrderError', order: 7 });
    expect(answer.headers['lambda-runtime-function-xray-error-cause']).toContain('OrderError');
  });

  test('a thrown text is an error of type string', async () => {
    await using started = await startInTest(installation, cjs, 'throws.text');
    expect(jsonOf(await started.api.invoke('{}'))).toEqual({
      errorType: 'string',
      errorMessage: 'just text',
      trace: [],
    });
  });

  test('an answer that is not JSON is an error of the invocation', async () => {
    await using started = await startInTest(installation, cjs, 'throws.cycle');
    expect(jsonOf(await started.api.invoke('{}'))).toMatchObject({
      errorType: major < 24 ? 'Error' : 'Runtime.JSONStringifyError',
      errorMessage: 'Unable to stringify response body',
    });
  });

  test('a syntax error has its own type', async () => {
    await writeFile(path.join(temporary, 'broken.js'), 'exports.handler = async () => {');
    await using started = await startInTest(installation, temporary, 'broken.handler');
    expect(jsonOf(await started.api.initError)).toMatchObject({
      errorType: 'Runtime.UserCodeSyntaxError',
      errorMessage: expect.stringContaining('SyntaxError: Unexpected') as string,
    });
  });

  test('a name that leads out of the folder is malformed', async () => {
    await using started = await startInTest(installation, cjs, '../echoes.handler');
    expect(jsonOf(await started.api.initError)).toMatchObject({
      errorType: 'Runtime.MalformedHandlerName',
    });
  });

  test('an unhandled rejection fails the invocation and ends the process with 128', async () => {
    await using started = await startInTest(installation, cjs, 'breaks.rejects');
    expect(jsonOf(await started.api.invoke('{}'))).toMatchObject({
      errorType: 'Runtime.UnhandledPromiseRejection',
      errorMessage: 'Error: nobody listens',
    });
    expect((await started.exited).code).toBe(128);
    expect(await started.end()).toContain('\tERROR\tUnhandled Promise Rejection \t');
  });

  test('an uncaught exception fails the invocation and ends the process with 129', async () => {
    await using started = await startInTest(installation, cjs, 'breaks.throwsLater');
    expect(jsonOf(await started.api.invoke('{}'))).toMatchObject({
      errorType: 'Error',
      errorMessage: 'out of nowhere',
    });
    expect((await started.exited).code).toBe(129);
    expect(await started.end()).toContain('\tERROR\tUncaught Exception \t');
  });

  test('a process that prints when its server is gone ends, and does not spin', async () => {
    await using started = await startInTest(installation, cjs, 'prints-without-end.handler');
    started.api.invoke('{}').catch(() => {});
    await expect.poll(() => started.printed()).toContain('still here');
    await started.abandon();
    expect(await started.exited).toEqual({ code: 129, signal: null });
  });

  test('an async handler that can never settle is an error, and the process goes on', async () => {
    await using started = await startInTest(installation, cjs, 'never-settles.handler');
    expect(jsonOf(await started.api.invoke('{}'))).toMatchObject({
      errorType: 'Runtime.NodeJsExit',
    });
    expect((await started.api.invoke('{}')).kind).toBe('error');
  });
}

function testCallbacks(installation: RuntimeInstallation): void {
  test.each([
    ['handler', { got: {} }],
    ['waits', 'answered'],
    ['doesNotWait', 'answered'],
    ['done', 'done'],
    ['succeed', 'succeeded'],
    ['forgets', null],
  ])('the callback handler calls-back.%s answers', async (name, expected) => {
    await using started = await startInTest(installation, cjs, `calls-back.${name}`);
    expect(jsonOf(await started.api.invoke('{}'))).toEqual(expected);
    if (name === 'waits') expect(await started.end()).toContain('still here');
  });

  test.each([
    ['fails', { errorType: 'TypeError', errorMessage: 'called back' }],
    ['fail', { errorType: 'string', errorMessage: 'failed' }],
  ])('the callback handler calls-back.%s fails', async (name, expected) => {
    await using started = await startInTest(installation, cjs, `calls-back.${name}`);
    const answer = await started.api.invoke('{}');
    expect(answer.kind).toBe('error');
    expect(jsonOf(answer)).toMatchObject(expected);
  });

  test('require of an ES module is off, and NODE_OPTIONS switches it on', async () => {
    await writeFile(path.join(temporary, 'part.mjs'), 'export const part = "there";');
    await writeFile(
      path.join(temporary, 'requires.js'),
      "exports.handler = async () => require('./part.mjs').part;",
    );
    await using off = await startInTest(installation, temporary, 'requires.handler');
    expect((await off.api.invoke('{}')).kind).toBe('error');
    const env = { NODE_OPTIONS: '--no-warnings --experimental-require-module' };
    await using on = await startInTest(installation, temporary, 'requires.handler', env);
    expect(jsonOf(await on.api.invoke('{}'))).toBe('there');
  });
}

function testWithoutCallbacks(installation: RuntimeInstallation): void {
  test('a handler with three parameters is refused at init', async () => {
    await using started = await startInTest(installation, cjs, 'calls-back.handler');
    const report = jsonOf(await started.api.initError);
    expect(report['errorType']).toBe('Runtime.CallbackHandlerDeprecated');
    expect(report['errorMessage']).toMatch(
      /^ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node\.js 24\./,
    );
  });

  test('the context has no way to call back', async () => {
    const file = 'exports.handler = async (event, context) => Object.keys(context);';
    await writeFile(path.join(temporary, 'keys.js'), file);
    await using started = await startInTest(installation, temporary, 'keys.handler');
    const keys = jsonOf<string[]>(await started.api.invoke('{}'));
    expect(keys).not.toContain('done');
    expect(keys).not.toContain('callbackWaitsForEmptyEventLoop');
  });
}
