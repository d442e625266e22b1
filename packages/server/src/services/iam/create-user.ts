import type { CreateUserRequest, CreateUserResponse } from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import { uniqueId } from '../../iam/unique-id.ts';
import { userArn, type User } from '../../iam/user.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { describeUserWithTags } from './describe-user.ts';
import { alreadyExists } from './iam-errors.ts';
import { checkBoundary, readBoundary, requestBoundaryKey } from './permissions-boundaries.ts';
import { readTags, requestTagKeys } from './tags.ts';
import { wholeSeconds } from './whole-seconds.ts';

export function createUser(
  deps: IamDeps,
): Operation<Validated<CreateUserRequest>, CreateUserResponse> {
  return {
    name: 'CreateUser',
    permissions(input, { account }) {
      const { UserName: name, Path: path = '/', Tags } = input;
      const resources = [userArn({ account, path, name })];
      const conditions = { ...requestTagKeys(Tags), ...requestBoundaryKey(input) };
      const create = { action: 'iam:CreateUser', resources, conditions };
      // AWS: who creates with tags must also be allowed to tag.
      if ((Tags ?? []).length === 0) return [create];
      return [create, { action: 'iam:TagUser', resources, conditions }];
    },
    async handle(input, { account }) {
      const user: User = {
        account,
        name: input.UserName,
        id: uniqueId(deps.ids, 'AIDA'),
        path: input.Path ?? '/',
        createdAtMs: wholeSeconds(deps.clock),
        tags: readTags(input.Tags),
        inlinePolicies: {},
        attachedPolicies: [],
        groups: [],
        accessKeys: [],
        ...readBoundary(input),
      };
      const isCreated = await deps.identities.users.create(user, () => {
        checkBoundary(deps, account, input);
      });
      if (!isCreated) throw alreadyExists(`User with name ${user.name} already exists.`);
      return { User: describeUserWithTags(user) };
    },
  };
}
