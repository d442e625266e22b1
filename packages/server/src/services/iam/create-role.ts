import type { CreateRoleRequest, CreateRoleResponse } from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import { roleArn } from '../../iam/role.ts';
import { uniqueId } from '../../iam/unique-id.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { describeRoleWithTags } from './describe-role.ts';
import { alreadyExists } from './iam-errors.ts';
import { checkBoundary, readBoundary, requestBoundaryKey } from './permissions-boundaries.ts';
import { readTrustPolicy } from './policy-text.ts';
import { readTags, requestTagKeys } from './tags.ts';

/** AWS: sessions of a role last an hour where nothing else is said. */
const DEFAULT_SESSION_SECONDS = 3600;

export function createRole(
  deps: IamDeps,
): Operation<Validated<CreateRoleRequest>, CreateRoleResponse> {
  return {
    name: 'CreateRole',
    permissions(input, { account }) {
      const { RoleName: name, Path: path = '/', Tags } = input;
      const resources = [roleArn({ account, path, name })];
      const conditions = { ...requestTagKeys(Tags), ...requestBoundaryKey(input) };
      const create = { action: 'iam:CreateRole', resources, conditions };
      // AWS: who creates with tags must also be allowed to tag.
      if ((Tags ?? []).length === 0) return [create];
      return [create, { action: 'iam:TagRole', resources, conditions }];
    },
    async handle(input, { account }) {
      const role = {
        account,
        name: input.RoleName,
        id: uniqueId(deps.ids, 'AROA'),
        path: input.Path ?? '/',
        ...readTrustPolicy(input.AssumeRolePolicyDocument, deps.identities),
        ...(input.Description === undefined ? {} : { description: input.Description }),
        maxSessionSeconds: input.MaxSessionDuration ?? DEFAULT_SESSION_SECONDS,
        // AWS: IAM's times are whole seconds.
        createdAtMs: Math.floor(deps.clock.nowMs() / 1000) * 1000,
        tags: readTags(input.Tags),
        inlinePolicies: {},
        attachedPolicies: [],
        ...readBoundary(input),
      };
      const isCreated = await deps.identities.roles.create(role, () => {
        checkBoundary(deps, account, input);
      });
      if (!isCreated) throw alreadyExists(`Role with name ${role.name} already exists.`);
      return { Role: describeRoleWithTags(deps, role) };
    },
  };
}
