/**
 * What a code signing configuration does: under `Enforce` code and layers that are not signed by
 * one of its publishers are not deployed. There is no AWS Signer here, so no code is.
 */
import { AwsError } from '../../core/aws-error.ts';
import type { Permission } from '../../core/operation.ts';
import type { LambdaRoom } from './lambda-deps.ts';

type Configs = Pick<LambdaRoom, 'codeSigning'>;

/** Throws where the configuration is not there, for a function of this account and region. */
export function checkCodeSigningConfig(
  { codeSigning }: Configs,
  arn: string,
  owner: { readonly account: string; readonly region: string },
): void {
  const found = codeSigning.find(arn);
  if (found?.account === owner.account && found.region === owner.region) return;
  throw new AwsError(
    'CodeSigningConfigNotFoundException',
    404,
    `The code signing configuration cannot be found. Check that the provided configuration is not deleted: ${arn}.`,
    { members: { Type: 'User' } },
  );
}

/** Before code, or a set of layers, becomes a function's. */
export function checkSignature(
  { codeSigning }: Configs,
  arn: string | undefined,
  functionName: string,
): void {
  if (arn === undefined || codeSigning.find(arn)?.policy !== 'Enforce') return;
  // As users of AWS have posted it.
  throw new AwsError(
    'CodeVerificationFailedException',
    400,
    `Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is not configured to accept. Check the provided signature for ${functionName}.`,
    { members: { Type: 'User' } },
  );
}

/** `permission` with the configuration that a policy may want to know of. */
export function withSigningKey(permission: Permission, arn: string | undefined): Permission {
  if (arn === undefined) return permission;
  const conditions = { ...permission.conditions, 'lambda:CodeSigningConfigArn': arn };
  return { ...permission, conditions };
}
