/** SimulateCustomPolicy and SimulatePrincipalPolicy: evaluated by what evaluates requests. */
import type {
  ContextEntry,
  EvaluationResult,
  SimulateCustomPolicyRequest,
  SimulatePolicyResponse,
  SimulatePrincipalPolicyRequest,
} from '@aws-sdk/client-iam';
import { AwsError } from '../../core/aws-error.ts';
import type { Operation, OperationContext } from '../../core/operation.ts';
import type { Principal } from '../../core/principal.ts';
import { roleSessionPrincipal, userPrincipal } from '../../iam/credentials.ts';
import { MalformedPolicy } from '../../iam/policy-document.ts';
import type { ConditionKeys } from '../../iam/policy-variables.ts';
import { requestKeys } from '../../iam/request-keys.ts';
import {
  createSimulation,
  type MatchedStatement,
  type SimulatedPolicy,
  type SimulatedResource,
  type Simulation,
} from '../../iam/simulate.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { pageOf } from './paging.ts';
import { policySourceOf } from './simulated-policies.ts';

type Input = Validated<SimulateCustomPolicyRequest> | Validated<SimulatePrincipalPolicyRequest>;

export function simulateCustomPolicy(
  deps: IamDeps,
): Operation<Validated<SimulateCustomPolicyRequest>, SimulatePolicyResponse> {
  return {
    name: 'SimulateCustomPolicy',
    permissions: () => [{ action: 'iam:SimulateCustomPolicy', resources: ['*'] }],
    async handle(input, context) {
      const policies = customPolicies(input.PolicyInputList, 'PolicyInputList');
      return simulated(deps, input, context, policies, customBoundary(input));
    },
  };
}

export function simulatePrincipalPolicy(
  deps: IamDeps,
): Operation<Validated<SimulatePrincipalPolicyRequest>, SimulatePolicyResponse> {
  return {
    name: 'SimulatePrincipalPolicy',
    permissions: (input) => [
      { action: 'iam:SimulatePrincipalPolicy', resources: [input.PolicySourceArn] },
    ],
    async handle(input, context) {
      const source = policySourceOf(deps, context.account, input.PolicySourceArn);
      const more = customPolicies(input.PolicyInputList ?? [], 'PolicyInputList');
      const boundary = customBoundary(input) ?? source.boundary;
      const asked = { CallerArn: input.PolicySourceArn, ...input };
      return simulated(deps, asked, context, [...source.policies, ...more], boundary);
    },
  };
}

function simulated(
  deps: IamDeps,
  input: Input,
  context: OperationContext,
  policies: readonly SimulatedPolicy[],
  boundary: SimulatedPolicy | undefined,
): SimulatePolicyResponse {
  const principal = callerOf(deps, input.CallerArn, context.account);
  const simulate = checked(policies, boundary, resourceOf(input, principal));
  const keys = keysOf(deps, principal, input.ContextEntries ?? []);
  const results = input.ActionNames.flatMap((action) =>
    (input.ResourceArns ?? ['*']).map((resource) =>
      describe(
        action,
        resource,
        simulate({
          principal: principal ?? context.principal,
          action,
          resource,
          keys,
        }),
      ),
    ),
  ).map((result, index) => ({ key: String(index).padStart(9, '0'), result }));
  const { items, rest } = pageOf(results, ({ key }) => key, input);
  return { EvaluationResults: items.map(({ result }) => result), ...rest };
}

function checked(
  policies: readonly SimulatedPolicy[],
  boundary: SimulatedPolicy | undefined,
  resource: SimulatedResource | undefined,
): Simulation {
  try {
    return createSimulation(policies, boundary, resource);
  } catch (error) {
    if (!(error instanceof MalformedPolicy)) throw error;
    throw new AwsError('InvalidInput', 400, error.message, { cause: error });
  }
}

/** AWS: the policy of a resource speaks of callers, so there must be one. */
function resourceOf(
  { ResourcePolicy: text, ResourceOwner: owner }: Input,
  principal: ReturnType<typeof callerOf>,
): SimulatedResource | undefined {
  if (text === undefined) return undefined;
  if (principal === undefined) {
    const message = 'A simulation with a ResourcePolicy needs the CallerArn of a user or role.';
    throw new AwsError('InvalidInput', 400, message);
  }
  const account = /\d{12}/.exec(owner ?? '')?.[0] ?? principal.account;
  return {
    policy: { id: 'ResourcePolicy', type: 'Resource Policy', text },
    rule: account === principal.account ? 'either' : 'both',
  };
}

function customPolicies(texts: readonly string[], name: string): readonly SimulatedPolicy[] {
  return texts.map((text, index) => ({ id: `${name}.${index + 1}`, type: 'IAM Policy', text }));
}

function customBoundary(input: Input): SimulatedPolicy | undefined {
  const texts = input.PermissionsBoundaryPolicyInputList ?? [];
  return customPolicies(texts, 'PermissionsBoundaryPolicyInputList')[0];
}

/** Undefined where nobody is named, or nobody of this account: keys must then be given. */
function callerOf(
  { identities }: IamDeps,
  arn: string | undefined,
  account: string,
): Exclude<Principal, { readonly kind: 'service' }> | undefined {
  if (arn === undefined || !arn.startsWith(`arn:aws:iam::${account}:`)) return undefined;
  const user = /:user\//.test(arn) ? identities.users.findByArn(arn) : undefined;
  if (user !== undefined) return userPrincipal(user);
  const role = /:role\//.test(arn) ? identities.roles.findByArn(arn) : undefined;
  return role === undefined ? undefined : roleSessionPrincipal(role, 'simulation');
}

/** What the request gives, and what is known of the caller and the time. */
function keysOf(
  { identities }: IamDeps,
  principal: Principal | undefined,
  entries: readonly ContextEntry[],
): ConditionKeys {
  const given = new Map(
    entries.map((each) => [each.ContextKeyName?.toLowerCase() ?? '', each.ContextKeyValues ?? []]),
  );
  const attributes = { service: 'iam', sourceIp: undefined, isSecureTransport: true };
  const known =
    principal === undefined ? () => undefined : requestKeys(identities, principal, attributes);
  return (key) => given.get(key) ?? known(key);
}

function describe(
  action: string,
  resource: string,
  result: ReturnType<Simulation>,
): EvaluationResult {
  const { decision, matched, missingKeys, isAllowedByBoundary } = result;
  return {
    EvalActionName: action,
    EvalResourceName: resource,
    EvalDecision: decision,
    MatchedStatements: matched.map(describeStatement),
    MissingContextValues: [...missingKeys],
    ...(isAllowedByBoundary === undefined
      ? {}
      : {
          PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: isAllowedByBoundary },
        }),
  };
}

function describeStatement({
  policy,
  start,
  end,
}: MatchedStatement): NonNullable<EvaluationResult['MatchedStatements']>[number] {
  return {
    SourcePolicyId: policy.id,
    // AWS writes a type here that its own model does not list.
    SourcePolicyType: policy.type as 'user',
    StartPosition: { Line: start.line, Column: start.column },
    EndPosition: { Line: end.line, Column: end.column },
  };
}
