/** The Python runtimes: the contract suite and AWS's own behaviour, for each Python found here. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openInTest, sampleFunctions, tryInstall } from '../open-in-test.ts';
import { jsonOf, testRuntime } from '../runtime.testsuite.ts';
import type { Echo } from '../runtime.testsuite.ts';
import type { RuntimeInstallation } from '../runtime-catalogue.ts';
import { startInTest } from '../start-in-test.ts';

const folder = path.join(sampleFunctions, 'python');
const catalogue = await openInTest();
const statuses = (await catalogue.survey()).filter((each) => each.identifier.startsWith('python'));

let temporary = '';
beforeAll(async () => {
  temporary = await mkdtemp(path.join(os.tmpdir(), 'hearth-python-'));
});
afterAll(async () => {
  await rm(temporary, { recursive: true });
});

for (const { identifier, isAvailable, detail } of statuses) {
  const installation = await tryInstall(catalogue, identifier);
  if (typeof installation === 'string') {
    test(`${identifier} is refused with the sentence of the survey`, () => {
      expect(isAvailable).toBe(false);
      expect(installation).toBe(detail);
    });
    continue;
  }
  describe(identifier, () => {
    testRuntime({
      installation,
      folder,
      handlers: {
        echoes: 'echoes.handler',
        nested: 'nested/module.handler',
        throws: 'throws.handler',
        throwsInInit: 'throws_in_init.handler',
        exits42: 'throws.exits_42',
        missingFunction: 'echoes.nothing',
        missingModule: 'absent.handler',
        malformed: 'echoes',
      },
      initErrors: {
        missingFunction: "Handler 'nothing' missing on module 'echoes'",
        missingModule: /^Unable to import module 'absent': No module named 'absent'$/,
        malformed: "Bad handler 'echoes': not enough values to unpack (expected 2, got 1)",
      },
    });
    testHandlers(installation);
    testLog(installation);
    if (detail.includes('with boto3')) testBoto3(installation);
  });
}

function testHandlers(installation: RuntimeInstallation): void {
  test('the context is complete', async () => {
    await using started = await startInTest(installation, folder, 'echoes.handler');
    const answer = await started.api.invoke('{}', {
      'Lambda-Runtime-Client-Context': '{"custom":{"a":"é"}}',
      'Lambda-Runtime-Cognito-Identity': '{"cognitoIdentityId":"i","cognitoIdentityPoolId":"p"}',
      'Lambda-Runtime-Aws-Tenant-Id': 'blue',
    });
    expect(jsonOf<Echo>(answer).context).toEqual({
      function_name: 'shop',
      function_version: '$LATEST',
      memory_limit_in_mb: '128',
      log_group_name: '/aws/lambda/shop',
      log_stream_name: '2026/11/24/[$LATEST]0123456789abcdef0123456789abcdef',
      aws_request_id: answer.requestId,
      invoked_function_arn: 'arn:aws:lambda:eu-west-1:000000000000:function:shop',
      tenant_id: 'blue',
      client_custom: { a: 'é' },
      cognito_identity_id: 'i',
    });
  });

  test('decimals keep their digits, and text is written as this version of AWS writes it', async () => {
    await using started = await startInTest(installation, folder, 'values.handler');
    const { body } = await started.api.invoke('{}');
    const isAscii = /^python3\.(?:9|10|11)$/.test(installation.identifier);
    const text = isAscii ? String.raw`gr\u00fc\u00dfe` : 'grüße';
    expect(body.toString('utf8')).toBe(
      `{"decimal": 1.10, "whole": 3, "text": "${text}", "none": null}`,
    );
  });

  test('bytes are answered as they are', async () => {
    await using started = await startInTest(installation, folder, 'values.raw');
    const { body, headers } = await started.api.invoke('{}');
    expect([...body]).toEqual([0, 255]);
    expect(headers['content-type']).toBe('application/unknown');
  });

  test('a result that is not JSON is a marshalling error', async () => {
    await using started = await startInTest(installation, folder, 'throws.unserialisable');
    const answer = await started.api.invoke('{}');
    expect(jsonOf(answer)).toEqual({
      errorMessage: 'Unable to marshal response: Object of type set is not JSON serializable',
      errorType: 'Runtime.MarshalError',
      requestId: answer.requestId,
      stackTrace: [],
    });
  });

  test('the stack trace holds the frames of the user, and none of ours', async () => {
    await using started = await startInTest(installation, folder, 'throws.handler');
    const report = jsonOf<{ stackTrace: string[] }>(await started.api.invoke('{}'));
    const file = path.join(folder, 'throws.py');
    expect(report.stackTrace).toEqual([
      `  File "${file}", line 9, in handler\n    return find(event)\n`,
      `  File "${file}", line 13, in find\n    raise OrderError("no such order")\n`,
    ]);
  });

  test('a syntax error names its line', async () => {
    await writeFile(
      path.join(temporary, 'broken.py'),
      'def handler(event, context):\n  return (\n',
    );
    await using started = await startInTest(installation, temporary, 'broken.handler');
    const report = jsonOf<{ stackTrace: string[] }>(await started.api.initError);
    expect(report).toMatchObject({
      errorType: 'Runtime.UserCodeSyntaxError',
      errorMessage: expect.stringMatching(
        /^Syntax error in module 'broken': .*\(broken\.py, line 2\)$/,
      ) as string,
    });
    expect(report.stackTrace[0]).toMatch(/^ {2}File ".*broken\.py" Line 2\n {4}/);
  });

  test("a module of the interpreter's own cannot be a handler", async () => {
    await using started = await startInTest(installation, folder, 'sys.handler');
    expect(jsonOf(await started.api.initError)).toMatchObject({
      errorType: 'Runtime.BuiltInModuleConflict',
      errorMessage: 'Cannot use built-in module sys as a handler module',
    });
  });

  test('modules come from the function, then layers, then the runtime; none of the host', async () => {
    const probe =
      'import sys\ndef handler(event, context):\n    return [sys.path, hasattr(__builtins__, "exit") or "exit" in __builtins__]\n';
    await mkdir(path.join(temporary, 'paths'), { recursive: true });
    await writeFile(path.join(temporary, 'paths/probe.py'), probe);
    const root = path.join(temporary, 'paths');
    await using started = await startInTest(installation, root, 'probe.handler');
    const [paths, hasExit] = jsonOf<[string[], boolean]>(await started.api.invoke('{}'));
    const version = installation.identifier;
    const runtime = installation.mounts.find((each) => each.target === '/var/runtime')!.source;
    expect(paths.slice(0, 4)).toEqual([
      root,
      `/opt/python/lib/${version}/site-packages`,
      '/opt/python',
      runtime,
    ]);
    expect(paths.slice(4).join()).not.toMatch(/dist-packages|site-packages/);
    expect(hasExit).toBe(true);
  });
}

function testLog(installation: RuntimeInstallation): void {
  const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;

  test('print and logging reach the log in the text format', async () => {
    await using started = await startInTest(installation, folder, 'prints.handler');
    const { requestId } = await started.api.invoke('{}');
    const lines = (await started.end()).split('\n');
    expect(lines).toContain('plain');
    expect(lines).toContain('on stderr');
    const line = (text: string): RegExp => new RegExp(`^${text}$`, 's');
    expect(lines.find((each) => each.startsWith('[WARNING]'))).toMatch(
      line(String.raw`\[WARNING\]\t${time}\t${requestId}\tcareful 7`),
    );
    expect(lines.find((each) => each.startsWith('[ERROR]'))).toMatch(
      line(String.raw`\[ERROR\]\t${time}\t${requestId}\tcaught\r+Traceback .*\rKeyError: 'inner'`),
    );
    expect(lines.join()).not.toContain('not shown');
  });

  test('logging writes objects in the JSON format, from the configured level on', async () => {
    const env = { AWS_LAMBDA_LOG_FORMAT: 'JSON', AWS_LAMBDA_LOG_LEVEL: 'INFO' };
    await using started = await startInTest(installation, folder, 'prints.handler', env);
    const { requestId } = await started.api.invoke('{}');
    const records = (await started.end())
      .split('\n')
      .filter((each) => each.startsWith('{'))
      .map((each) => JSON.parse(each) as Record<string, unknown>);
    expect(records[0]).toEqual({
      timestamp: expect.stringMatching(new RegExp(`^${time}$`)) as string,
      level: 'WARNING',
      message: 'careful 7',
      logger: 'shop',
      requestId,
    });
    expect(records[1]).toMatchObject({ level: 'INFO' });
    // In AWS's order.
    expect(Object.keys(records[2] ?? {})).toEqual(
      `timestamp level message logger stackTrace errorType errorMessage requestId location order`.split(
        ' ',
      ),
    );
    expect(records[2]).toMatchObject({
      level: 'ERROR',
      message: 'caught',
      errorType: 'KeyError',
      errorMessage: "'inner'",
      order: 7,
      stackTrace: [expect.stringContaining('prints.py') as string],
      location: expect.stringMatching(/prints\.py:handler:\d+$/) as string,
    });
  });

  test('an error is one event: its lines are joined by carriage returns', async () => {
    await using started = await startInTest(installation, folder, 'throws.handler');
    await started.api.invoke('{}');
    const [error] = (await started.end()).split('\n');
    expect(error!.split('\r').map((each) => each.replaceAll('\u00a0', ' '))).toEqual([
      '[ERROR] OrderError: no such order',
      'Traceback (most recent call last):',
      expect.stringMatching(/^ {2}File ".*throws\.py", line 9, in handler$/) as string,
      '    return find(event)',
      expect.stringMatching(/^ {2}File ".*throws\.py", line 13, in find$/) as string,
      '    raise OrderError("no such order")',
    ]);
  });
}

function testBoto3(installation: RuntimeInstallation): void {
  test('boto3 is there, and its clients use the endpoint of the environment', async () => {
    const env = {
      AWS_ENDPOINT_URL: 'http://169.254.100.1:4566',
      AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: 'http://127.0.0.1:1234',
    };
    await using started = await startInTest(installation, folder, 'uses_boto3.handler', env);
    expect(jsonOf(await started.api.invoke('{}'))).toEqual({
      endpoints: [
        'http://169.254.100.1:4566',
        'http://169.254.100.1:4566',
        'http://169.254.100.1:4566',
        'http://127.0.0.1:1234',
      ],
      given: 'http://given:1',
    });
  });

  test('without such a variable its clients go to AWS', async () => {
    await using started = await startInTest(installation, folder, 'uses_boto3.handler');
    const { endpoints } = jsonOf<{ endpoints: string[] }>(await started.api.invoke('{}'));
    expect(endpoints[0]).toBe('https://lambda.eu-west-1.amazonaws.com');
  });
}
