import type { CreatePolicyRequest, CreatePolicyResponse } from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import { managedPolicyArn, type ManagedPolicy } from '../../iam/managed-policy.ts';
import { uniqueId } from '../../iam/unique-id.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { describePolicy } from './describe-policy.ts';
import { alreadyExists } from './iam-errors.ts';
import { checkManagedPolicy } from './policy-text.ts';
import { describeTags, readTags, requestTagKeys } from './tags.ts';

export function createPolicy(
  deps: IamDeps,
): Operation<Validated<CreatePolicyRequest>, CreatePolicyResponse> {
  return {
    name: 'CreatePolicy',
    permissions({ PolicyName: name, Path: path = '/', Tags }, { account }) {
      const resources = [managedPolicyArn({ account, path, name })];
      const conditions = requestTagKeys(Tags);
      const create = { action: 'iam:CreatePolicy', resources, conditions };
      if ((Tags ?? []).length === 0) return [create];
      return [create, { action: 'iam:TagPolicy', resources, conditions }];
    },
    async handle(input, { account }) {
      checkManagedPolicy(input.PolicyDocument);
      const createdAtMs = Math.floor(deps.clock.nowMs() / 1000) * 1000;
      const policy: ManagedPolicy = {
        account,
        name: input.PolicyName,
        id: uniqueId(deps.ids, 'ANPA'),
        path: input.Path ?? '/',
        ...(input.Description === undefined ? {} : { description: input.Description }),
        createdAtMs,
        updatedAtMs: createdAtMs,
        tags: readTags(input.Tags),
        versions: [{ id: 'v1', document: input.PolicyDocument, createdAtMs }],
        defaultVersion: 'v1',
        lastVersionNumber: 1,
      };
      if (!(await deps.identities.policies.create(policy))) {
        throw alreadyExists(
          `A policy called ${policy.name} already exists. Duplicate names are not allowed.`,
        );
      }
      const tags = policy.tags.length === 0 ? {} : { Tags: describeTags(policy.tags) };
      return { Policy: { ...describePolicy(deps, account, policy), ...tags } };
    },
  };
}
