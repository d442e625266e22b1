import type {
  GetAccountAuthorizationDetailsRequest,
  GetAccountAuthorizationDetailsResponse,
  GroupDetail,
  ManagedPolicyDetail,
  PolicyDetail,
  RoleDetail,
  UserDetail,
} from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import type { Entity } from '../../iam/entity.ts';
import type { Group } from '../../iam/group.ts';
import { managedPolicyArn, type ManagedPolicy } from '../../iam/managed-policy.ts';
import type { Role } from '../../iam/role.ts';
import type { User } from '../../iam/user.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { describePolicy, describeVersion } from './describe-policy.ts';
import { describeRole } from './describe-role.ts';
import { describeUser } from './describe-user.ts';
import { describeGroup } from './groups.ts';
import { describeProfile } from './instance-profile-access.ts';
import { pageOf } from './paging.ts';
import { describeBoundary } from './permissions-boundaries.ts';
import { encodePolicy } from './policy-text.ts';
import { describeTags } from './tags.ts';

type Detail =
  | { readonly filter: 'User'; readonly key: string; readonly user: UserDetail }
  | { readonly filter: 'Group'; readonly key: string; readonly group: GroupDetail }
  | { readonly filter: 'Role'; readonly key: string; readonly role: RoleDetail }
  | {
      readonly filter: 'LocalManagedPolicy' | 'AWSManagedPolicy';
      readonly key: string;
      readonly policy: ManagedPolicyDetail;
    };

export function getAccountAuthorizationDetails(
  deps: IamDeps,
): Operation<
  Validated<GetAccountAuthorizationDetailsRequest>,
  GetAccountAuthorizationDetailsResponse
> {
  return {
    name: 'GetAccountAuthorizationDetails',
    permissions: () => [{ action: 'iam:GetAccountAuthorizationDetails', resources: ['*'] }],
    async handle(input, { account }) {
      const filters: readonly string[] = input.Filter ?? [];
      const details = detailsOf(deps, account).filter(
        ({ filter }) => filters.length === 0 || filters.includes(filter),
      );
      const { items, rest } = pageOf(details, ({ key }) => key, input);
      return {
        UserDetailList: items.flatMap((each) => ('user' in each ? [each.user] : [])),
        GroupDetailList: items.flatMap((each) => ('group' in each ? [each.group] : [])),
        RoleDetailList: items.flatMap((each) => ('role' in each ? [each.role] : [])),
        Policies: items.flatMap((each) => ('policy' in each ? [each.policy] : [])),
        ...rest,
      };
    },
  };
}

/** Sorted by `key`. */
function detailsOf(deps: IamDeps, account: string): readonly Detail[] {
  const { users, groups, roles, policies } = deps.identities;
  return [
    ...users
      .list(account)
      .map((user): Detail => ({ filter: 'User', key: `1${user.name}`, user: ofUser(deps, user) })),
    ...groups.list(account).map((group): Detail => ({
      filter: 'Group',
      key: `2${group.name}`,
      group: ofGroup(deps, group),
    })),
    ...roles
      .list(account)
      .map((role): Detail => ({ filter: 'Role', key: `3${role.name}`, role: ofRole(deps, role) })),
    ...policies.list(account).map((policy): Detail => ({
      filter: policy.account === 'aws' ? 'AWSManagedPolicy' : 'LocalManagedPolicy',
      key: `4${managedPolicyArn(policy)}`,
      policy: ofPolicy(deps, account, policy),
    })),
  ];
}

function ofUser(deps: IamDeps, user: User): UserDetail {
  const groups = user.groups.flatMap((id) => deps.identities.groups.findById(id)?.name ?? []);
  return {
    ...describeUser(user),
    ...describeBoundary(user),
    UserPolicyList: inlineOf(user),
    GroupList: groups,
    AttachedManagedPolicies: attachedOf(deps, user),
    Tags: describeTags(user.tags),
  };
}

function ofGroup(deps: IamDeps, group: Group): GroupDetail {
  return {
    ...describeGroup(group),
    GroupPolicyList: inlineOf(group),
    AttachedManagedPolicies: attachedOf(deps, group),
  };
}

function ofRole(deps: IamDeps, role: Role): RoleDetail {
  const described = describeRole(deps, role);
  const { Path, RoleName, RoleId, Arn, CreateDate, AssumeRolePolicyDocument } = described;
  const profiles = deps.identities.instanceProfiles
    .list(role.account)
    .filter((profile) => profile.roleId === role.id);
  return {
    Path,
    RoleName,
    RoleId,
    Arn,
    CreateDate,
    AssumeRolePolicyDocument,
    ...describeBoundary(role),
    InstanceProfileList: profiles.map((profile) => describeProfile(deps, profile)),
    RolePolicyList: inlineOf(role),
    AttachedManagedPolicies: attachedOf(deps, role),
    Tags: describeTags(role.tags),
  };
}

function ofPolicy(deps: IamDeps, account: string, policy: ManagedPolicy): ManagedPolicyDetail {
  const versions = policy.versions.map((version) => ({
    Document: encodePolicy(version.document),
    ...describeVersion(policy, version),
  }));
  return { ...describePolicy(deps, account, policy), PolicyVersionList: versions };
}

function inlineOf(entity: Entity): PolicyDetail[] {
  return Object.entries(entity.inlinePolicies).map(([name, text]) => ({
    PolicyName: name,
    PolicyDocument: encodePolicy(text),
  }));
}

function attachedOf(
  { identities }: IamDeps,
  entity: Entity,
): { PolicyName: string; PolicyArn: string }[] {
  return entity.attachedPolicies.flatMap((arn) => {
    const policy = identities.policies.find(arn);
    return policy === undefined ? [] : [{ PolicyName: policy.name, PolicyArn: arn }];
  });
}
