/** An object that is put calls a function, which writes another one with the rights of its role. */
import { IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  AddPermissionCommand,
  CreateFunctionCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda';
import {
  CreateBucketCommand,
  GetObjectCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { createFunctionRole } from '../../packages/testkit/src/create-function-role.ts';
import { startServer } from '../../packages/testkit/src/start-server.ts';
import { zipOf } from '../../packages/testkit/src/zip-of.ts';

const source = `import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
const s3 = new S3Client({ forcePathStyle: true });
export const handler = async ({ Records: [{ eventName, s3: { bucket, object } }] }) => {
  const Body = eventName + ' ' + decodeURIComponent(object.key.replaceAll('+', ' ')) + ' ' + object.size;
  await s3.send(new PutObjectCommand({ Bucket: bucket.name, Key: 'out/told', Body }));
};`;

test('a notification calls a function that the policy lets S3 call, and no other', async () => {
  await using server = await startServer({ args: ['--isolation', 'process'] });
  const options = {
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  };
  const s3 = new S3Client({ ...options, forcePathStyle: true });
  const lambda = new LambdaClient(options);
  const iam = new IAMClient(options);
  const Bucket = 'telling';
  await s3.send(new CreateBucketCommand({ Bucket }));
  const Role = await createFunctionRole(iam, 'told');
  const policy = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: 's3:PutObject', Resource: `arn:aws:s3:::${Bucket}/out/*` },
    ],
  };
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: 'told',
      PolicyName: 'out',
      PolicyDocument: JSON.stringify(policy),
    }),
  );
  const { FunctionArn } = await lambda.send(
    new CreateFunctionCommand({
      FunctionName: 'told',
      Runtime: 'nodejs26.x',
      Handler: 'index.handler',
      Role,
      Code: { ZipFile: await zipOf({ 'index.mjs': source }) },
      Timeout: 20,
    }),
  );
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 60 }, { FunctionName: 'told' });
  const configure = () =>
    s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket,
        NotificationConfiguration: {
          LambdaFunctionConfigurations: [
            {
              LambdaFunctionArn: FunctionArn,
              Events: ['s3:ObjectCreated:*'],
              Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: 'in/' }] } },
            },
          ],
        },
      }),
    );
  await expect(configure()).rejects.toMatchObject({
    name: 'InvalidArgument',
    message: 'Unable to validate the following destination configurations',
  });
  await lambda.send(
    new AddPermissionCommand({
      FunctionName: 'told',
      StatementId: 's3',
      Action: 'lambda:InvokeFunction',
      Principal: 's3.amazonaws.com',
      SourceArn: `arn:aws:s3:::${Bucket}`,
      SourceAccount: '000000000000',
    }),
  );
  await configure();
  await s3.send(new PutObjectCommand({ Bucket, Key: 'in/a b.txt', Body: 'seven!!' }));
  const told = async (): Promise<string | undefined> => {
    const answer = await s3
      .send(new GetObjectCommand({ Bucket, Key: 'out/told' }))
      .catch(() => undefined);
    return await answer?.Body?.transformToString();
  };
  await expect
    .poll(told, { timeout: 60_000, interval: 200 })
    .toBe('ObjectCreated:Put in/a b.txt 7');
  for (const client of [s3, lambda, iam]) client.destroy();
});
