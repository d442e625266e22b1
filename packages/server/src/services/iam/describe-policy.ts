import type { Policy as ApiPolicy, PolicyVersion as ApiVersion } from '@aws-sdk/client-iam';
import {
  managedPolicyArn,
  type ManagedPolicy,
  type PolicyVersion,
} from '../../iam/managed-policy.ts';
import type { IamDeps } from './deps.ts';
import { attachmentCount, boundaryCount } from './policy-access.ts';

/** A policy as lists show it: AWS leaves description and tags out there. */
export function describePolicy(deps: IamDeps, account: string, policy: ManagedPolicy): ApiPolicy {
  const arn = managedPolicyArn(policy);
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersion,
    AttachmentCount: attachmentCount(deps, account, arn),
    PermissionsBoundaryUsageCount: boundaryCount(deps, account, arn),
    IsAttachable: true,
    CreateDate: new Date(policy.createdAtMs),
    UpdateDate: new Date(policy.updatedAtMs),
  };
}

/** Without the document, as lists and CreatePolicyVersion show it. */
export function describeVersion(policy: ManagedPolicy, version: PolicyVersion): ApiVersion {
  return {
    VersionId: version.id,
    IsDefaultVersion: version.id === policy.defaultVersion,
    CreateDate: new Date(version.createdAtMs),
  };
}
