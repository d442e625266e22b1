import type { GetAccountSummaryResponse } from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import type { IamDeps } from './deps.ts';

/** What there is, and AWS's quotas as they hold here. */
export function getAccountSummary(deps: IamDeps): Operation<object, GetAccountSummaryResponse> {
  return {
    name: 'GetAccountSummary',
    permissions: () => [{ action: 'iam:GetAccountSummary', resources: ['*'] }],
    async handle(_input, { account }) {
      const { users, groups, roles, policies, instanceProfiles, openIdProviders } = deps.identities;
      const own = policies.list(account).filter((policy) => policy.account === account);
      return {
        SummaryMap: {
          Users: users.list(account).length,
          Groups: groups.list(account).length,
          Roles: roles.list(account).length,
          InstanceProfiles: instanceProfiles.list(account).length,
          Providers: openIdProviders.list(account).length,
          Policies: own.length,
          PolicyVersionsInUse: own.reduce((sum, policy) => sum + policy.versions.length, 0),
          MFADevices: 0,
          MFADevicesInUse: 0,
          AccountMFAEnabled: 0,
          ServerCertificates: 0,
          ...quotas,
        },
      };
    },
  };
}

const quotas = {
  AccessKeysPerUserQuota: 2,
  AttachedPoliciesPerGroupQuota: 10,
  AttachedPoliciesPerRoleQuota: 10,
  AttachedPoliciesPerUserQuota: 10,
  AssumeRolePolicySizeQuota: 2048,
  GroupPolicySizeQuota: 5120,
  GroupsPerUserQuota: 10,
  PolicySizeQuota: 6144,
  RolePolicySizeQuota: 10_240,
  UserPolicySizeQuota: 2048,
  VersionsPerPolicyQuota: 5,
} as const;
