/** GetContextKeysForCustomPolicy and GetContextKeysForPrincipalPolicy. */
import type {
  GetContextKeysForCustomPolicyRequest,
  GetContextKeysForPolicyResponse,
  GetContextKeysForPrincipalPolicyRequest,
} from '@aws-sdk/client-iam';
import { AwsError } from '../../core/aws-error.ts';
import type { Operation } from '../../core/operation.ts';
import { contextKeys } from '../../iam/context-keys.ts';
import { MalformedPolicy, parsePolicyDocument } from '../../iam/policy-document.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { policySourceOf } from './simulated-policies.ts';

export function getContextKeysForCustomPolicy(): Operation<
  Validated<GetContextKeysForCustomPolicyRequest>,
  GetContextKeysForPolicyResponse
> {
  return {
    name: 'GetContextKeysForCustomPolicy',
    permissions: () => [{ action: 'iam:GetContextKeysForCustomPolicy', resources: ['*'] }],
    handle: async ({ PolicyInputList }) => keysOf(PolicyInputList),
  };
}

export function getContextKeysForPrincipalPolicy(
  deps: IamDeps,
): Operation<Validated<GetContextKeysForPrincipalPolicyRequest>, GetContextKeysForPolicyResponse> {
  return {
    name: 'GetContextKeysForPrincipalPolicy',
    permissions: ({ PolicySourceArn: arn }) => [
      { action: 'iam:GetContextKeysForPrincipalPolicy', resources: [arn] },
    ],
    async handle({ PolicySourceArn: arn, PolicyInputList }, { account }) {
      const { policies } = policySourceOf(deps, account, arn);
      return keysOf([...policies.map(({ text }) => text), ...(PolicyInputList ?? [])]);
    },
  };
}

function keysOf(texts: readonly string[]): GetContextKeysForPolicyResponse {
  try {
    const documents = texts.map((text) => parsePolicyDocument(text, 'inline'));
    return { ContextKeyNames: [...contextKeys(documents)] };
  } catch (error) {
    if (!(error instanceof MalformedPolicy)) throw error;
    throw new AwsError('InvalidInput', 400, error.message, { cause: error });
  }
}
