/** A role as functions need one: Lambda may assume it, and it may write logs unless told otherwise. */
import { AttachRolePolicyCommand, CreateRoleCommand, type IAMClient } from '@aws-sdk/client-iam';

const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
  ],
});

/** Resolves with its ARN. */
export async function createFunctionRole(
  iam: IAMClient,
  RoleName: string,
  options: { readonly mayLog?: boolean } = {},
): Promise<string> {
  const created = await iam.send(
    new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust }),
  );
  if (options.mayLog !== false) {
    const PolicyArn = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';
    await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  }
  return created.Role?.Arn ?? '';
}
