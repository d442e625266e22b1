/**
 * Why a request was denied: AWS's sentence, and for whoever may know more (`hearth explain`) the
 * statement that denied it, or what was missing and the smallest statement that would allow it.
 * Made only for requests that were denied.
 */
import { AwsError } from '../core/aws-error.ts';
import { compilePolicy, type CompiledPolicy, type StatementOrigin } from './compile-policy.ts';
import { accessDenied } from './denials.ts';
import {
  applies,
  evaluate,
  type AccessRequest,
  type ApplicablePolicies,
  type PolicySide,
  type Verdict,
} from './evaluate.ts';
import type { ConditionBlock, PolicyStatement } from './policy-statement.ts';

type Denied = Exclude<Verdict, { readonly kind: 'allowed' }>;

export interface Denial {
  /** What the caller was answered; somebody without a signature was told less. */
  readonly message: string;
  /** The account whose principals may ask: the caller's, or whose it is that a stranger wanted. */
  readonly account: string | undefined;
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  /** Statements that denied explicitly: whoever allows, they win. */
  readonly deniedBy: readonly StatementOrigin[];
  /** What no statement allowed, where none denied. */
  readonly missing: readonly MissingAllow[];
}

export interface MissingAllow {
  readonly side: PolicySide;
  /** The smallest that would allow the request on this side. */
  readonly statement: PolicyStatement;
  /** Those that allow the action on the resource but for their condition. */
  readonly butForCondition: readonly StatementOrigin[];
}

/** The error of a denied request, with what there is to say about it. */
export class AuthorizationDenied extends AwsError {
  readonly denial: Denial;

  constructor(error: AwsError, denial: Denial) {
    super(error.code, error.status, error.message);
    this.denial = denial;
  }
}

export interface RefusedRequest extends AccessRequest {
  /** Whose the resource is, where that is known. */
  readonly owner?: string;
}

/** `message` where AWS says less than its usual sentence. */
export function refusal(
  service: string,
  policies: ApplicablePolicies,
  request: RefusedRequest,
  verdict: Denied,
  message = denialMessage(request, verdict),
): AuthorizationDenied {
  const { principal, action, resource } = request;
  const isStranger = principal.kind === 'anonymous';
  // AWS: S3 says no more.
  const answer = accessDenied(service, isStranger ? 'Access Denied' : message);
  return new AuthorizationDenied(answer, {
    message,
    account: accountOf(request),
    principal: nameOf(principal),
    action,
    resource,
    deniedBy: verdict.kind === 'explicit-deny' ? denying(policies, request) : [],
    missing: verdict.kind === 'implicit-deny' ? missingAllows(policies, request) : [],
  });
}

/** Of a service nobody's. */
function accountOf({ principal, owner }: RefusedRequest): string | undefined {
  if (principal.kind === 'service') return undefined;
  return principal.kind === 'anonymous' ? owner : principal.account;
}

function nameOf(principal: AccessRequest['principal']): string {
  if (principal.kind === 'service') return principal.service;
  return principal.kind === 'web-identity' ? principal.provider : principal.arn;
}

function denialMessage({ principal, action, resource }: AccessRequest, verdict: Denied): string {
  if (principal.kind === 'anonymous') {
    return `A request without a signature is not authorized to perform: ${action} on resource: ${resource}`;
  }
  const who = nameOf(principal);
  // AWS: S3 alone puts the resource in quotation marks.
  const shown = action.startsWith('s3:') ? `"${resource}"` : resource;
  const denied = `User: ${who} is not authorized to perform: ${action} on resource: ${shown}`;
  return verdict.kind === 'explicit-deny'
    ? `${denied} with an explicit deny in ${articles[verdict.by]} ${sideNames[verdict.by]}`
    : `${denied} because no ${sideNames[verdict.missing]} allows the ${action} action`;
}

function denying(policies: ApplicablePolicies, request: AccessRequest): readonly StatementOrigin[] {
  const action = request.action.toLowerCase();
  return sides.flatMap((side) =>
    policiesOn(side, policies)
      .flat()
      .filter((statement) => {
        if (statement.effect !== 'Deny' || !speaksOf(side, statement, request)) return false;
        return applies(statement, action, request);
      })
      .map(({ origin }) => origin),
  );
}

/** One side after the other is taken to allow, until all that is missing is known. */
function missingAllows(
  policies: ApplicablePolicies,
  request: AccessRequest,
): readonly MissingAllow[] {
  const missing: MissingAllow[] = [];
  let tried = policies;
  for (const _ of sides) {
    const verdict = evaluate(tried, request);
    if (verdict.kind !== 'implicit-deny') break;
    const side = verdict.missing;
    missing.push({
      side,
      statement: smallestAllow(side, request),
      butForCondition: butForCondition(side, policies, request),
    });
    tried = { ...tried, ...allowing[side] };
  }
  return missing;
}

function smallestAllow(side: PolicySide, request: AccessRequest): PolicyStatement {
  const { principal, action, resource } = request;
  const allow = { Effect: 'Allow', Action: action, Resource: resource } as const;
  if (side !== 'resource') return allow;
  const Principal = principalElement(principal);
  // A trust policy speaks of its own role and names no resource.
  if (action.startsWith('sts:')) return { Effect: 'Allow', Principal, Action: action };
  const Condition = principal.kind === 'anonymous' ? urlConditions(request) : undefined;
  return { ...allow, Principal, ...(Condition === undefined ? {} : { Condition }) };
}

/** As AddPermission makes them: everybody shall come in by the function's URL, not by Invoke. */
function urlConditions({ keys }: AccessRequest): ConditionBlock | undefined {
  const [authType] = keys('lambda:functionurlauthtype') ?? [];
  if (authType !== undefined) return { StringEquals: { 'lambda:FunctionUrlAuthType': authType } };
  if (keys('lambda:invokedviafunctionurl') === undefined) return undefined;
  return { Bool: { 'lambda:InvokedViaFunctionUrl': 'true' } };
}

function principalElement(principal: AccessRequest['principal']): Readonly<Record<string, string>> {
  switch (principal.kind) {
    case 'anonymous':
      return { AWS: '*' };
    case 'service':
      return { Service: principal.service };
    case 'web-identity':
      return { Federated: principal.provider };
    case 'role-session':
      return { AWS: principal.roleArn };
    case 'root':
    case 'user':
      return { AWS: principal.arn };
  }
}

function butForCondition(
  side: PolicySide,
  policies: ApplicablePolicies,
  request: AccessRequest,
): readonly StatementOrigin[] {
  const { action, resource, keys } = request;
  return policiesOn(side, policies)
    .flat()
    .filter(
      (statement) =>
        statement.effect === 'Allow' &&
        speaksOf(side, statement, request) &&
        statement.matchesAction(action.toLowerCase()) &&
        statement.matchesResource(resource, keys) &&
        !statement.condition(keys),
    )
    .map(({ origin }) => origin);
}

/** The policy of a resource speaks of those that it names, every other of its owner. */
function speaksOf(
  side: PolicySide,
  { principals }: CompiledPolicy[number],
  { principal }: AccessRequest,
): boolean {
  return side !== 'resource' || (principals?.(principal) ?? 'none') !== 'none';
}

function policiesOn(side: PolicySide, policies: ApplicablePolicies): readonly CompiledPolicy[] {
  const found = policies[side];
  if (found === undefined) return [];
  return side === 'boundary' || side === 'resource'
    ? [found as CompiledPolicy]
    : (found as readonly CompiledPolicy[]);
}

const sides = ['identity', 'boundary', 'session', 'resource'] as const;

/** What a root has instead of identity policies. */
export const allowEverything: CompiledPolicy = compilePolicy(
  { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
  'the root of an account',
);

const allowing: Readonly<Record<PolicySide, Partial<ApplicablePolicies>>> = {
  identity: { identity: [allowEverything] },
  boundary: { boundary: allowEverything },
  session: { session: [allowEverything] },
  resource: { resource: allowEverything.map((each) => ({ ...each, principals: () => 'direct' })) },
};

const sideNames: Readonly<Record<PolicySide, string>> = {
  identity: 'identity-based policy',
  boundary: 'permissions boundary',
  session: 'session policy',
  resource: 'resource-based policy',
};
const articles: Readonly<Record<PolicySide, string>> = {
  identity: 'an',
  boundary: 'a',
  session: 'a',
  resource: 'a',
};
