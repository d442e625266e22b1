/** Get, List, Create and DeletePolicyVersion, SetDefaultPolicyVersion. */
import type {
  CreatePolicyVersionRequest,
  CreatePolicyVersionResponse,
  DeletePolicyVersionRequest,
  GetPolicyVersionRequest,
  GetPolicyVersionResponse,
  ListPolicyVersionsRequest,
  ListPolicyVersionsResponse,
  SetDefaultPolicyVersionRequest,
} from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import type { ManagedPolicy, PolicyVersion } from '../../iam/managed-policy.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { describeVersion } from './describe-policy.ts';
import { deleteConflict, limitExceeded, noSuchEntity } from './iam-errors.ts';
import { pageOf } from './paging.ts';
import { findPolicy, permissionOnPolicy, updatePolicy } from './policy-access.ts';
import { checkManagedPolicy, encodePolicy } from './policy-text.ts';

/** AWS's quota. */
const VERSIONS_PER_POLICY = 5;

export function getPolicyVersion(
  deps: IamDeps,
): Operation<Validated<GetPolicyVersionRequest>, GetPolicyVersionResponse> {
  return {
    name: 'GetPolicyVersion',
    permissions: (input, context) =>
      permissionOnPolicy(deps, context, 'iam:GetPolicyVersion', input.PolicyArn),
    async handle({ PolicyArn: arn, VersionId: id }, { account }) {
      const policy = findPolicy(deps, account, arn);
      const version = findVersion(policy, arn, id);
      const Document = encodePolicy(version.document);
      return { PolicyVersion: { Document, ...describeVersion(policy, version) } };
    },
  };
}

export function listPolicyVersions(
  deps: IamDeps,
): Operation<Validated<ListPolicyVersionsRequest>, ListPolicyVersionsResponse> {
  return {
    name: 'ListPolicyVersions',
    permissions: (input, context) =>
      permissionOnPolicy(deps, context, 'iam:ListPolicyVersions', input.PolicyArn),
    async handle(input, { account }) {
      const policy = findPolicy(deps, account, input.PolicyArn);
      // AWS: newest first; the key falls where the number rises.
      const newestFirst = policy.versions.toReversed();
      const { items, rest } = pageOf(newestFirst, fallingKey, input);
      return { Versions: items.map((version) => describeVersion(policy, version)), ...rest };
    },
  };
}

export function createPolicyVersion(
  deps: IamDeps,
): Operation<Validated<CreatePolicyVersionRequest>, CreatePolicyVersionResponse> {
  return {
    name: 'CreatePolicyVersion',
    permissions: (input, context) =>
      permissionOnPolicy(deps, context, 'iam:CreatePolicyVersion', input.PolicyArn),
    async handle({ PolicyArn: arn, PolicyDocument: document, SetAsDefault }, { account }) {
      const createdAtMs = Math.floor(deps.clock.nowMs() / 1000) * 1000;
      const changed = await updatePolicy(deps, account, arn, (policy) => {
        checkManagedPolicy(document);
        if (policy.versions.length >= VERSIONS_PER_POLICY) throw limitExceeded(TOO_MANY_VERSIONS);
        const lastVersionNumber = policy.lastVersionNumber + 1;
        const id = `v${lastVersionNumber}`;
        return {
          ...policy,
          lastVersionNumber,
          updatedAtMs: createdAtMs,
          versions: [...policy.versions, { id, document, createdAtMs }],
          defaultVersion: SetAsDefault === true ? id : policy.defaultVersion,
        };
      });
      const version = findVersion(changed, arn, `v${changed.lastVersionNumber}`);
      return { PolicyVersion: describeVersion(changed, version) };
    },
  };
}

export function setDefaultPolicyVersion(
  deps: IamDeps,
): Operation<Validated<SetDefaultPolicyVersionRequest>> {
  return {
    name: 'SetDefaultPolicyVersion',
    permissions: (input, context) =>
      permissionOnPolicy(deps, context, 'iam:SetDefaultPolicyVersion', input.PolicyArn),
    async handle({ PolicyArn: arn, VersionId: id }, { account }) {
      const updatedAtMs = Math.floor(deps.clock.nowMs() / 1000) * 1000;
      await updatePolicy(deps, account, arn, (policy) => ({
        ...policy,
        updatedAtMs,
        defaultVersion: findVersion(policy, arn, id).id,
      }));
      return {};
    },
  };
}

export function deletePolicyVersion(
  deps: IamDeps,
): Operation<Validated<DeletePolicyVersionRequest>> {
  return {
    name: 'DeletePolicyVersion',
    permissions: (input, context) =>
      permissionOnPolicy(deps, context, 'iam:DeletePolicyVersion', input.PolicyArn),
    async handle({ PolicyArn: arn, VersionId: id }, { account }) {
      await updatePolicy(deps, account, arn, (policy) => {
        const version = findVersion(policy, arn, id);
        if (version.id === policy.defaultVersion) {
          throw deleteConflict('Cannot delete the default version of a policy.');
        }
        return { ...policy, versions: policy.versions.filter((each) => each !== version) };
      });
      return {};
    },
  };
}

function findVersion(policy: ManagedPolicy, arn: string, id: string): PolicyVersion {
  const version = policy.versions.find((each) => each.id === id);
  if (version !== undefined) return version;
  throw noSuchEntity(`Policy ${arn} version ${id} does not exist or is not attachable.`);
}

function fallingKey(version: PolicyVersion): string {
  return String(1_000_000_000 - Number(version.id.slice(1)));
}

const TOO_MANY_VERSIONS =
  'A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.';
