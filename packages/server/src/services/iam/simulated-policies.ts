/** The policies of a user, group or role, as a simulation takes them. */
import type { Entity } from '../../iam/entity.ts';
import { groupArn } from '../../iam/group.ts';
import type { SimulatedPolicy } from '../../iam/simulate.ts';
import { roleArn } from '../../iam/role.ts';
import { userArn } from '../../iam/user.ts';
import type { IamDeps } from './deps.ts';
import { invalidInput, noSuchEntity } from './iam-errors.ts';

export interface PolicySource {
  readonly policies: readonly SimulatedPolicy[];
  readonly boundary: SimulatedPolicy | undefined;
}

/** Throws where there is nobody of that ARN in the account. */
export function policySourceOf(deps: IamDeps, account: string, arn: string): PolicySource {
  const { users, groups, roles } = deps.identities;
  const match = /^arn:aws:iam::(\d{12}):(user|group|role)\//.exec(arn);
  if (match === null || match[1] !== account) throw invalidInput(`ARN ${arn} is not valid.`);
  if (match[2] === 'user') {
    const user = users.list(account).find((each) => userArn(each) === arn);
    if (user === undefined) throw missing(arn);
    const ofGroups = user.groups.flatMap((id) => {
      const group = groups.findById(id);
      return group === undefined ? [] : policiesOf(deps, group, 'group');
    });
    return {
      policies: [...policiesOf(deps, user, 'user'), ...ofGroups],
      boundary: managedPolicyOf(deps, user.permissionsBoundary),
    };
  }
  if (match[2] === 'group') {
    const group = groups.list(account).find((each) => groupArn(each) === arn);
    if (group === undefined) throw missing(arn);
    return { policies: policiesOf(deps, group, 'group'), boundary: undefined };
  }
  const role = roles.list(account).find((each) => roleArn(each) === arn);
  if (role === undefined) throw missing(arn);
  return {
    policies: policiesOf(deps, role, 'role'),
    boundary: managedPolicyOf(deps, role.permissionsBoundary),
  };
}

function policiesOf(deps: IamDeps, entity: Entity, type: string): readonly SimulatedPolicy[] {
  const inline = Object.entries(entity.inlinePolicies).map(([id, text]) => ({ id, type, text }));
  const attached = entity.attachedPolicies.flatMap((arn) => managedPolicyOf(deps, arn) ?? []);
  return [...inline, ...attached];
}

/** A managed policy in its default version. */
function managedPolicyOf(
  { identities }: IamDeps,
  arn: string | undefined,
): SimulatedPolicy | undefined {
  const policy = arn === undefined ? undefined : identities.policies.find(arn);
  const version = policy?.versions.find(({ id }) => id === policy.defaultVersion);
  if (policy === undefined || version === undefined) return undefined;
  const type = policy.account === 'aws' ? 'aws-managed' : 'user-managed';
  return { id: policy.name, type, text: version.document };
}

function missing(arn: string): Error {
  return noSuchEntity(`The entity with ARN ${arn} cannot be found.`);
}
