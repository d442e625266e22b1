/**
 * The main job by the aws CLI of Debian (2.9: it needs --endpoint-url), against a server started as
 * a user starts it.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAwsCli } from '../../packages/testkit/src/open-aws-cli.ts';
import { runCommand, type CommandResult } from '../../packages/testkit/src/run-command.ts';
import { startServer, type TestServer } from '../../packages/testkit/src/start-server.ts';
import { zipOf } from '../../packages/testkit/src/zip-of.ts';

const awsCli = '/usr/bin/aws';
const region = 'eu-central-1';
const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
  ],
});

let server: TestServer;
let folder: string;
const cli = openAwsCli();

beforeAll(async () => {
  server = await startServer();
  folder = await mkdtemp(path.join(os.tmpdir(), 'hearth-cli-'));
});
afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const clientEnvironment = {
  PATH: process.env['PATH'],
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_DEFAULT_REGION: region,
  AWS_PAGER: '',
  PYTHONUNBUFFERED: '1',
} as const;

function aws(...args: readonly string[]): Promise<CommandResult> {
  return cli.run(asks(...args), { env: clientEnvironment, cwd: folder });
}

/** The same by the program itself. */
function program(...args: readonly string[]): Promise<CommandResult> {
  return runCommand([awsCli, ...asks(...args)], { env: clientEnvironment, cwd: folder });
}

const asks = (...args: readonly string[]): readonly string[] => [
  ...['--endpoint-url', server.endpoint, '--output', 'json'],
  ...args,
];

/** Runs a command that must succeed, and reads its JSON (or nothing). */
async function awsJson(...args: readonly string[]): Promise<Record<string, never>> {
  const { status, stdout, stderr } = await aws(...args);
  expect({ args, status, stderr }).toMatchObject({ status: 0 });
  return stdout.trim() === '' ? {} : (JSON.parse(stdout) as Record<string, never>);
}

async function zipFile(name: string, files: Record<string, string>): Promise<string> {
  await writeFile(path.join(folder, name), await zipOf(files));
  return `fileb://${name}`;
}

const greeter = (greeting: string): string =>
  `let calls = 0;
export const handler = async (event, context) => {
  calls += 1;
  console.log('greeting', event.name);
  return { text: '${greeting} ' + event.name, calls, arn: context.invokedFunctionArn };
};`;

describe('the aws CLI does the main job', () => {
  const role = 'arn:aws:iam::000000000000:role/greeter-role';

  test('it says who it is', async () => {
    const { status, stdout, stderr } = await program('sts', 'get-caller-identity');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      Account: '000000000000',
      Arn: 'arn:aws:iam::000000000000:root',
    });
  });

  test('it creates a role that Lambda may assume, with permission to log', async () => {
    const created = await awsJson(
      'iam',
      'create-role',
      '--role-name',
      'greeter-role',
      '--assume-role-policy-document',
      trust,
    );
    expect(created).toMatchObject({
      Role: { Arn: role, RoleName: 'greeter-role', AssumeRolePolicyDocument: JSON.parse(trust) },
    });
    await awsJson(
      'iam',
      'attach-role-policy',
      '--role-name',
      'greeter-role',
      '--policy-arn',
      'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole',
    );
  });

  test('it creates a function and waits until it is active', async () => {
    const created = await awsJson(
      ...['lambda', 'create-function', '--function-name', 'greeter'],
      ...['--runtime', 'nodejs22.x', '--handler', 'index.handler', '--role', role],
      ...['--zip-file', await zipFile('greeter.zip', { 'index.mjs': greeter('Hello') })],
      ...['--tags', 'team=a', '--environment', 'Variables={MOOD=good}'],
    );
    expect(created).toMatchObject({
      FunctionName: 'greeter',
      FunctionArn: `arn:aws:lambda:${region}:000000000000:function:greeter`,
      State: 'Pending',
      StateReasonCode: 'Creating',
      StateReason: 'The function is being created.',
      Version: '$LATEST',
      MemorySize: 128,
      Timeout: 3,
    });
    await awsJson('lambda', 'wait', 'function-active-v2', '--function-name', 'greeter');
    const got = await awsJson('lambda', 'get-function', '--function-name', 'greeter');
    expect(got).toMatchObject({
      Configuration: { State: 'Active', LastUpdateStatus: 'Successful' },
      Tags: { team: 'a' },
      Code: { RepositoryType: 'S3' },
    });
  });

  test('it invokes the function, warm the second time, and sees the tail of its log', async () => {
    const invoke = async (): Promise<Record<string, never>> =>
      awsJson(
        ...['lambda', 'invoke', '--function-name', 'greeter', '--log-type', 'Tail'],
        ...['--cli-binary-format', 'raw-in-base64-out', '--payload', '{"name":"Ada"}', 'out.json'],
      );
    const first = await invoke();
    expect(first).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' });
    expect(JSON.parse(await readFile(path.join(folder, 'out.json'), 'utf8'))).toEqual({
      text: 'Hello Ada',
      calls: 1,
      arn: `arn:aws:lambda:${region}:000000000000:function:greeter`,
    });
    const tail = Buffer.from(first['LogResult'] as unknown as string, 'base64').toString('utf8');
    expect(tail).toMatch(/START RequestId: [0-9a-f-]{36} Version: \$LATEST\n/);
    expect(tail).toMatch(/\tINFO\tgreeting Ada\n/);
    expect(tail).toMatch(/REPORT RequestId: .*\tInit Duration: [\d.]+ ms\t\n/);
    const second = await invoke();
    const warm = Buffer.from(second['LogResult'] as unknown as string, 'base64').toString('utf8');
    expect(warm).not.toContain('Init Duration');
    expect(JSON.parse(await readFile(path.join(folder, 'out.json'), 'utf8'))).toMatchObject({
      calls: 2,
    });
  });

  test('it reads the logs, whole and by filter pattern, and follows them', async () => {
    const group = '/aws/lambda/greeter';
    await expect
      .poll(
        async () => {
          const { stdout } = await aws('logs', 'filter-log-events', '--log-group-name', group);
          return (stdout.match(/REPORT RequestId/g) ?? []).length;
        },
        { timeout: 20_000 },
      )
      .toBe(2);
    const filtered = await awsJson(
      ...['logs', 'filter-log-events', '--log-group-name', group, '--filter-pattern', 'greeting'],
    );
    const events = filtered['events'] as unknown as { message: string }[];
    expect(events).toHaveLength(2);
    expect(events[0]?.message).toMatch(/greeting Ada/);
    const tail = await aws('logs', 'tail', group, '--since', '10m', '--format', 'short');
    expect(tail.stdout).toMatch(/REPORT RequestId/);
  });

  test('it follows the logs while the function runs', async () => {
    const follower = spawn(
      awsCli,
      [
        ...['--endpoint-url', server.endpoint, 'logs', 'tail', '/aws/lambda/greeter'],
        ...['--follow', '--since', '1s', '--format', 'short'],
      ],
      { env: clientEnvironment },
    );
    let seen = '';
    follower.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString('utf8')));
    const ended = new Promise((resolve) => follower.once('exit', resolve));
    try {
      await expect
        .poll(
          async () => {
            await awsJson(
              ...['lambda', 'invoke', '--function-name', 'greeter'],
              ...['--cli-binary-format', 'raw-in-base64-out', '--payload', '{"name":"Bob"}', 'o'],
            );
            return seen;
          },
          { timeout: 30_000, interval: 500 },
        )
        .toMatch(/greeting Bob/);
    } finally {
      follower.kill('SIGKILL');
      await ended;
    }
  });

  test('a dry run only checks, and an unknown function is not found', async () => {
    const dry = await awsJson(
      ...['lambda', 'invoke', '--function-name', 'greeter'],
      ...['--invocation-type', 'DryRun', 'out.json'],
    );
    expect(dry).toMatchObject({ StatusCode: 204 });
    const unknown = await aws('lambda', 'invoke', '--function-name', 'nobody', 'out.json');
    expect(unknown.status).toBe(254);
    expect(unknown.stderr).toContain(
      `An error occurred (ResourceNotFoundException) when calling the Invoke operation: Function not found: arn:aws:lambda:${region}:000000000000:function:nobody`,
    );
  });

  test('it updates code and configuration, and the next invocation runs the new ones', async () => {
    const updated = await awsJson(
      ...['lambda', 'update-function-code', '--function-name', 'greeter'],
      ...['--zip-file', await zipFile('new.zip', { 'index.mjs': greeter('Goodbye') })],
    );
    expect(updated).toMatchObject({ LastUpdateStatus: 'InProgress' });
    await awsJson('lambda', 'wait', 'function-updated-v2', '--function-name', 'greeter');
    const configured = await awsJson(
      ...['lambda', 'update-function-configuration', '--function-name', 'greeter'],
      ...['--timeout', '7', '--memory-size', '256', '--description', 'greets'],
    );
    expect(configured).toMatchObject({ Timeout: 7, MemorySize: 256, Description: 'greets' });
    await awsJson('lambda', 'wait', 'function-updated', '--function-name', 'greeter');
    await awsJson(
      ...['lambda', 'invoke', '--function-name', 'greeter'],
      ...['--cli-binary-format', 'raw-in-base64-out', '--payload', '{"name":"Ada"}', 'out.json'],
    );
    expect(JSON.parse(await readFile(path.join(folder, 'out.json'), 'utf8'))).toMatchObject({
      text: 'Goodbye Ada',
      calls: 1,
    });
  });

  test('it tags, lists tags and untags', async () => {
    const arn = `arn:aws:lambda:${region}:000000000000:function:greeter`;
    await awsJson('lambda', 'tag-resource', '--resource', arn, '--tags', 'stage=test,owner=me');
    expect(await awsJson('lambda', 'list-tags', '--resource', arn)).toEqual({
      Tags: { team: 'a', stage: 'test', owner: 'me' },
    });
    await awsJson('lambda', 'untag-resource', '--resource', arn, '--tag-keys', 'stage', 'team');
    expect(await awsJson('lambda', 'list-tags', '--resource', arn)).toEqual({
      Tags: { owner: 'me' },
    });
  });

  test('it lists functions by region, and deletes', async () => {
    const listed = await awsJson('lambda', 'list-functions');
    expect(listed).toMatchObject({ Functions: [{ FunctionName: 'greeter' }] });
    const elsewhere = await awsJson('lambda', 'list-functions', '--region', 'us-west-2');
    expect(elsewhere).toEqual({ Functions: [] });
    await awsJson('lambda', 'delete-function', '--function-name', 'greeter');
    const gone = await aws('lambda', 'get-function', '--function-name', 'greeter');
    expect(gone.stderr).toContain('ResourceNotFoundException');
  });

  test('a wrong secret and an unknown key are refused', async () => {
    const call = (key: string, secret: string): Promise<CommandResult> =>
      runCommand([awsCli, '--endpoint-url', server.endpoint, 'lambda', 'list-functions'], {
        env: { AWS_ACCESS_KEY_ID: key, AWS_SECRET_ACCESS_KEY: secret, AWS_DEFAULT_REGION: region },
      });
    expect((await call('test', 'wrong')).stderr).toContain('InvalidSignatureException');
    expect((await call('AKIAUNKNOWN', 'test')).stderr).toContain('UnrecognizedClientException');
  });
});
