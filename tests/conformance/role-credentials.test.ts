/** What the credentials of a function's role are good for, inside the sandbox and outside. */
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DescribeLogGroupsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFunctions, type Functions } from '../../packages/testkit/src/open-functions.ts';

const region = 'eu-west-1';

const source = `import os
import boto3
from botocore.exceptions import ClientError

def code_of(call):
    try:
        return call()
    except ClientError as error:
        return [error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]]

def handler(event, context):
    if event["how"] == "keys":
        names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]
        return [os.environ[name] for name in names]
    keys = {}
    if event["how"] == "server's key":
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "aws_session_token": ""}
    return [
        code_of(lambda: boto3.client("sts", **keys).get_caller_identity()["Arn"]),
        code_of(lambda: len(boto3.client("lambda", **keys).list_functions()["Functions"])),
    ]
`;

let functions: Functions;

beforeAll(async () => {
  functions = await openFunctions();
  await functions.create('snake', 'python3.11', { 'index.py': source }, { MemorySize: 256 });
});
afterAll(async () => {
  await functions?.[Symbol.asyncDispose]();
});

describe("the credentials of a function's role", () => {
  const arn = (role: string, name: string): string =>
    `arn:aws:sts::000000000000:assumed-role/${role}/${name}`;
  const keysOf = async (name: string) => {
    const [accessKeyId, secretAccessKey, sessionToken] = (
      await functions.invoke(name, { how: 'keys' })
    ).payload as [string, string, string];
    const credentials = { accessKeyId, secretAccessKey, sessionToken };
    return { endpoint: functions.server.endpoint, region, maxAttempts: 1, credentials };
  };

  test('work inside, where the key of the server is refused', async () => {
    expect((await functions.invoke('snake', { how: 'own keys' })).payload).toEqual([
      arn('function-role', 'snake'),
      ['AccessDeniedException', 403],
    ]);
    expect((await functions.invoke('snake', { how: "server's key" })).payload).toEqual([
      ['InvalidClientTokenId', 403],
      ['UnrecognizedClientException', 403],
    ]);
  });

  test('work outside, with the rights of the role and no others', async () => {
    const options = await keysOf('snake');
    const logs = new CloudWatchLogsClient(options);
    await logs.send(new CreateLogGroupCommand({ logGroupName: 'made-outside' }));
    await expect(logs.send(new DescribeLogGroupsCommand({}))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      $metadata: { httpStatusCode: 400 },
    });
    await expect(
      new LambdaClient(options).send(new ListFunctionsCommand({})),
    ).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `User: ${arn('function-role', 'snake')} is not authorized to perform: lambda:ListFunctions on resource: * because no identity-based policy allows the lambda:ListFunctions action`,
      $metadata: { httpStatusCode: 403 },
    });
    await expect(
      new IAMClient(options).send(new DeleteRoleCommand({ RoleName: 'function-role' })),
    ).rejects.toMatchObject({ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
  });

  test('end with the role, also when one of the same name follows', async () => {
    const RoleName = 'short-lived';
    const Statement = [
      { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ];
    const trust = JSON.stringify({ Version: '2012-10-17', Statement });
    const right = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'lambda:ListFunctions', Resource: '*' }],
    });
    const makeRole = async (): Promise<void> => {
      await functions.iam.send(
        new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust }),
      );
      const policy = { RoleName, PolicyName: 'list', PolicyDocument: right };
      await functions.iam.send(new PutRolePolicyCommand(policy));
    };
    await makeRole();
    const Role = `arn:aws:iam::000000000000:role/${RoleName}`;
    await functions.create('mortal', 'python3.11', { 'index.py': source }, { Role });
    const options = await keysOf('mortal');
    const sts = new STSClient(options);
    const lambda = new LambdaClient(options);
    expect((await sts.send(new GetCallerIdentityCommand({}))).Arn).toBe(arn(RoleName, 'mortal'));
    expect((await lambda.send(new ListFunctionsCommand({}))).Functions).not.toEqual([]);

    const areRefused = async (): Promise<void> => {
      const status = { $metadata: { httpStatusCode: 403 } };
      const called = lambda.send(new ListFunctionsCommand({}));
      await expect(called).rejects.toMatchObject({
        name: 'UnrecognizedClientException',
        ...status,
      });
      const asked = sts.send(new GetCallerIdentityCommand({}));
      await expect(asked).rejects.toMatchObject({ name: 'InvalidClientTokenId', ...status });
    };
    await functions.iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'list' }));
    await functions.iam.send(new DeleteRoleCommand({ RoleName }));
    await areRefused();
    await makeRole();
    await areRefused();
  });
});
