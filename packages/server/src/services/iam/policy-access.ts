/** What the operations on managed policies share: who may see and change which of them. */
import type { AwsError } from '../../core/aws-error.ts';
import type { OperationContext, Permission } from '../../core/operation.ts';
import { accessDenied } from '../../iam/denials.ts';
import type { ActingEntity, Entity } from '../../iam/entity.ts';
import type { ManagedPolicy } from '../../iam/managed-policy.ts';
import type { OperationKeys } from '../../iam/request-keys.ts';
import type { IamDeps } from './deps.ts';
import { invalidInput, noSuchEntity, noSuchPolicy } from './iam-errors.ts';

export function permissionOnPolicy(
  { identities }: IamDeps,
  { account }: OperationContext,
  action: string,
  arn: string,
  conditions: OperationKeys = {},
): readonly Permission[] {
  const policy = ownerOf(arn) === account ? identities.policies.find(arn) : undefined;
  const tags = (policy?.tags ?? []).map(({ key, value }) => [`aws:ResourceTag/${key}`, value]);
  return [{ action, resources: [arn], conditions: { ...Object.fromEntries(tags), ...conditions } }];
}

/** AWS's own policies and those of the caller's account; throws for every other. */
export function findPolicy(deps: IamDeps, account: string, arn: string): ManagedPolicy {
  const policy = visiblePolicy(deps, account, arn);
  if (policy === undefined) throw noSuchPolicy(arn);
  return policy;
}

export function visiblePolicy(
  { identities }: IamDeps,
  account: string,
  arn: string,
): ManagedPolicy | undefined {
  checkPolicyArn(arn);
  const owner = ownerOf(arn);
  return owner === 'aws' || owner === account ? identities.policies.find(arn) : undefined;
}

/** Rejects with what AWS answers where the policy is not the account's own, or does not exist. */
export async function updatePolicy(
  { identities }: IamDeps,
  account: string,
  arn: string,
  change: (policy: ManagedPolicy) => ManagedPolicy,
): Promise<ManagedPolicy> {
  checkIsOwn(account, arn);
  const policy = await identities.policies.update(arn, change);
  if (policy === undefined) throw noSuchPolicy(arn);
  return policy;
}

export function checkIsOwn(account: string, arn: string): void {
  checkPolicyArn(arn);
  if (ownerOf(arn) !== account) throw outsideAccount();
}

/** Throws for a policy that cannot be attached, or be a boundary. */
export function attachablePolicy(deps: IamDeps, account: string, arn: string): void {
  if (visiblePolicy(deps, account, arn) !== undefined) return;
  throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
}

/** How many users, groups and roles of the account have the policy attached. */
export function attachmentCount({ identities }: IamDeps, account: string, arn: string): number {
  const { users, groups, roles } = identities;
  return [users, groups, roles]
    .flatMap((records): readonly Entity[] => records.list(account))
    .filter((entity) => entity.attachedPolicies.includes(arn)).length;
}

/** How many users and roles of the account have the policy as their boundary. */
export function boundaryCount({ identities }: IamDeps, account: string, arn: string): number {
  return [identities.users, identities.roles]
    .flatMap((records): readonly ActingEntity[] => records.list(account))
    .filter((entity) => entity.permissionsBoundary === arn).length;
}

function ownerOf(arn: string): string | undefined {
  return /^arn:aws:iam::(aws|\d{12}):policy\/./.exec(arn)?.[1];
}

function checkPolicyArn(arn: string): void {
  if (ownerOf(arn) === undefined) throw invalidInput(`ARN ${arn} is not valid.`);
}

function outsideAccount(): AwsError {
  return accessDenied('iam', 'Policy is outside your own account.');
}
