/** A role as functions need one: Lambda may assume it, and it may write logs unless told otherwise. */
import { AttachRolePolicyCommand, CreateRoleCommand, type IAMClient } from '@aws-sdk/client-iam';
import { functionTrust } from './function-trust.ts';

/** Resolves with its ARN. */
export async function createFunctionRole(
  iam: IAMClient,
  RoleName: string,
  options: { readonly mayLog?: boolean } = {},
): Promise<string> {
  const created = await iam.send(
    new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: functionTrust }),
  );
  if (options.mayLog !== false) {
    const PolicyArn = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';
    await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  }
  return created.Role?.Arn ?? '';
}
