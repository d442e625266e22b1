import type { DeletePolicyRequest } from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { deleteConflict, noSuchPolicy } from './iam-errors.ts';
import { attachmentCount, boundaryCount, checkIsOwn, permissionOnPolicy } from './policy-access.ts';

export function deletePolicy(deps: IamDeps): Operation<Validated<DeletePolicyRequest>> {
  return {
    name: 'DeletePolicy',
    permissions: (input, context) =>
      permissionOnPolicy(deps, context, 'iam:DeletePolicy', input.PolicyArn),
    async handle({ PolicyArn: arn }, { account }) {
      checkIsOwn(account, arn);
      const isDeleted = await deps.identities.policies.remove(arn, (policy) => {
        if (attachmentCount(deps, account, arn) + boundaryCount(deps, account, arn) > 0) {
          throw deleteConflict('Cannot delete a policy attached to entities.');
        }
        if (policy.versions.length > 1) throw deleteConflict(HAS_VERSIONS);
      });
      if (!isDeleted) throw noSuchPolicy(arn);
      return {};
    },
  };
}

const HAS_VERSIONS =
  "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.";
