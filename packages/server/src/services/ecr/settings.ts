/** What a repository has beside its images: policies, and how its tags and scans are set. */
import type {
  DeleteLifecyclePolicyRequest,
  DeleteLifecyclePolicyResponse,
  DeleteRepositoryPolicyRequest,
  DeleteRepositoryPolicyResponse,
  GetLifecyclePolicyRequest,
  GetLifecyclePolicyResponse,
  GetRepositoryPolicyRequest,
  GetRepositoryPolicyResponse,
  PutImageScanningConfigurationRequest,
  PutImageScanningConfigurationResponse,
  PutImageTagMutabilityRequest,
  PutImageTagMutabilityResponse,
  PutLifecyclePolicyRequest,
  PutLifecyclePolicyResponse,
  SetRepositoryPolicyRequest,
  SetRepositoryPolicyResponse,
} from '@aws-sdk/client-ecr';
import type { AnyOperation, ResourcePolicy } from '../../core/operation.ts';
import { MalformedPolicy, parsePolicyDocument } from '../../iam/policy-document.ts';
import { repositoryArn, type Repository } from '../../registry/repository.ts';
import type { EcrRoom } from './ecr-deps.ts';
import { invalidParameter, notSet } from './ecr-errors.ts';
import { isImmutable } from './repositories.ts';
import { repositoryOperation } from './repository-operation.ts';

/** AWS: 10 KB. */
const POLICY_BYTES = 10_240;

export function settingOperations(room: EcrRoom): readonly AnyOperation[] {
  return [...repositoryPolicy(room), ...lifecyclePolicy(room), ...switches(room)];
}

function repositoryPolicy(room: EcrRoom): readonly AnyOperation[] {
  return [
    repositoryOperation<SetRepositoryPolicyRequest, SetRepositoryPolicyResponse>(
      room,
      'SetRepositoryPolicy',
      async (repository, { policyText: text = '' }) => {
        const document = parsePolicy(text, repository);
        await room.registry.change(repository, (before) => ({
          ...before,
          policy: { text, document },
        }));
        return { ...named(repository), policyText: text };
      },
    ),
    repositoryOperation<GetRepositoryPolicyRequest, GetRepositoryPolicyResponse>(
      room,
      'GetRepositoryPolicy',
      async (repository) => {
        const { policy } = repository;
        if (policy === undefined) throw notSet('Repository', repository);
        return { ...named(repository), policyText: policy.text };
      },
    ),
    repositoryOperation<DeleteRepositoryPolicyRequest, DeleteRepositoryPolicyResponse>(
      room,
      'DeleteRepositoryPolicy',
      async (repository) => {
        const { policy } = repository;
        if (policy === undefined) throw notSet('Repository', repository);
        await room.registry.change(repository, (before) => without(before, 'policy'));
        return { ...named(repository), policyText: policy.text };
      },
    ),
  ];
}

function lifecyclePolicy(room: EcrRoom): readonly AnyOperation[] {
  return [
    repositoryOperation<PutLifecyclePolicyRequest, PutLifecyclePolicyResponse>(
      room,
      'PutLifecyclePolicy',
      async (repository, { lifecyclePolicyText: text = '' }) => {
        checkLifecycle(text);
        const setMs = room.clock.nowMs();
        await room.registry.change(repository, (before) => ({
          ...before,
          lifecyclePolicy: { text, setMs },
        }));
        return { ...named(repository), lifecyclePolicyText: text };
      },
    ),
    repositoryOperation<GetLifecyclePolicyRequest, GetLifecyclePolicyResponse>(
      room,
      'GetLifecyclePolicy',
      async (repository) => showLifecycle(repository),
    ),
    repositoryOperation<DeleteLifecyclePolicyRequest, DeleteLifecyclePolicyResponse>(
      room,
      'DeleteLifecyclePolicy',
      async (repository) => {
        const shown = showLifecycle(repository);
        await room.registry.change(repository, (before) => without(before, 'lifecyclePolicy'));
        return shown;
      },
    ),
  ];
}

function switches(room: EcrRoom): readonly AnyOperation[] {
  return [
    repositoryOperation<PutImageTagMutabilityRequest, PutImageTagMutabilityResponse>(
      room,
      'PutImageTagMutability',
      async (repository, { imageTagMutability }) => {
        const hasImmutableTags = isImmutable(imageTagMutability);
        await room.registry.change(repository, (before) => ({ ...before, hasImmutableTags }));
        return {
          ...named(repository),
          imageTagMutability: hasImmutableTags ? 'IMMUTABLE' : 'MUTABLE',
        };
      },
    ),
    repositoryOperation<
      PutImageScanningConfigurationRequest,
      PutImageScanningConfigurationResponse
    >(room, 'PutImageScanningConfiguration', async (repository, { imageScanningConfiguration }) => {
      const scansOnPush = imageScanningConfiguration?.scanOnPush ?? false;
      await room.registry.change(repository, (before) => ({ ...before, scansOnPush }));
      return {
        ...named(repository),
        imageScanningConfiguration: { scanOnPush: scansOnPush },
      };
    }),
  ];
}

function named({ account, name }: Repository): {
  readonly registryId: string;
  readonly repositoryName: string;
} {
  return { registryId: account, repositoryName: name };
}

function showLifecycle(repository: Repository): GetLifecyclePolicyResponse {
  const { lifecyclePolicy: policy } = repository;
  if (policy === undefined) throw notSet('Lifecycle', repository);
  return {
    ...named(repository),
    lifecyclePolicyText: policy.text,
    lastEvaluatedAt: new Date(policy.setMs),
  };
}

function checkLifecycle(text: string): void {
  try {
    const { rules } = JSON.parse(text) as { readonly rules?: unknown };
    if (Array.isArray(rules) && rules.length > 0) return;
  } catch {
    // Told below.
  }
  throw invalidParameter(
    "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: it is not a JSON object with rules.'",
  );
}

/** AWS: a statement of ECR's names no resource, because it is in the repository that it is about. */
function parsePolicy(text: string, repository: Repository): ResourcePolicy {
  try {
    if (Buffer.byteLength(text) > POLICY_BYTES) throw new MalformedPolicy('It is too long.');
    const given = JSON.parse(text) as { readonly Statement?: unknown };
    const { Statement: statements } = given;
    const list: readonly object[] = Array.isArray(statements)
      ? (statements as object[])
      : [statements as object];
    const Statement = list.map((each) => ({ ...each, Resource: repositoryArn(repository) }));
    const document = JSON.stringify({ ...given, Statement });
    parsePolicyDocument(document, 'resource');
    return JSON.parse(document) as ResourcePolicy;
  } catch (error) {
    if (!(error instanceof MalformedPolicy || error instanceof SyntaxError)) throw error;
    throw invalidParameter(
      `Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'`,
    );
  }
}

function without(repository: Repository, member: 'policy' | 'lifecyclePolicy'): Repository {
  const { [member]: _, ...rest } = repository;
  return rest;
}
