/** What a set of policies would decide, and by which of their statements. */
import { compilePolicy, type CompiledPolicy } from './compile-policy.ts';
import { contextKeys } from './context-keys.ts';
import { applies, evaluate, type AccessRequest, type CombinationRule } from './evaluate.ts';
import { parsePolicyDocument, type PolicyDocument } from './policy-document.ts';
import { statementPositions, type StatementPosition } from './statement-positions.ts';

export interface SimulatedPolicy {
  /** What answers call it. */
  readonly id: string;
  readonly type: string;
  readonly text: string;
}

export interface MatchedStatement extends StatementPosition {
  readonly policy: SimulatedPolicy;
}

export interface SimulationResult {
  readonly decision: 'allowed' | 'explicitDeny' | 'implicitDeny';
  /** Those that decided: denying ones, or else allowing ones. */
  readonly matched: readonly MatchedStatement[];
  /** Keys that the policies ask for and the request does not have. */
  readonly missingKeys: readonly string[];
  /** Undefined where there is no boundary. */
  readonly isAllowedByBoundary: boolean | undefined;
}

export type Simulation = (request: AccessRequest) => SimulationResult;

/** The policy of the resource, and how it combines with the caller's (evaluate.ts). */
export interface SimulatedResource {
  readonly policy: SimulatedPolicy;
  readonly rule: CombinationRule;
}

interface Prepared {
  readonly policy: SimulatedPolicy;
  readonly document: PolicyDocument;
  readonly compiled: CompiledPolicy;
}

/** Throws `MalformedPolicy`. */
export function createSimulation(
  identity: readonly SimulatedPolicy[],
  boundary: SimulatedPolicy | undefined,
  resource?: SimulatedResource,
): Simulation {
  const prepared = identity.map((policy) => prepare(policy));
  const bounding = boundary && prepare(boundary);
  const ofResource = resource && prepare(resource.policy, 'resource');
  const everything = [...prepared, bounding, ofResource].filter((each) => each !== undefined);
  const wanted = contextKeys(everything.map(({ document }) => document));
  const policies = {
    identity: prepared.map(({ compiled }) => compiled),
    ...(bounding === undefined ? {} : { boundary: bounding.compiled }),
    ...(ofResource === undefined ? {} : { resource: ofResource.compiled }),
    ...(resource === undefined ? {} : { rule: resource.rule }),
  };
  return (request) => {
    const verdict = evaluate(policies, request);
    const effect = verdict.kind === 'explicit-deny' ? 'Deny' : 'Allow';
    const ofBoundary = bounding && evaluate({ identity: [bounding.compiled] }, request);
    return {
      decision: decisions[verdict.kind],
      matched: everything.flatMap((each) => matchedOf(each, request, effect)),
      missingKeys: wanted.filter((key) => request.keys(key.toLowerCase()) === undefined),
      isAllowedByBoundary: ofBoundary && ofBoundary.kind === 'allowed',
    };
  };
}

function prepare(policy: SimulatedPolicy, kind: 'inline' | 'resource' = 'inline'): Prepared {
  const document = parsePolicyDocument(policy.text, kind);
  return { policy, document, compiled: compilePolicy(document, policy.id) };
}

function matchedOf(
  { policy, compiled }: Prepared,
  request: AccessRequest,
  effect: 'Allow' | 'Deny',
): readonly MatchedStatement[] {
  const positions = statementPositions(policy.text);
  const action = request.action.toLowerCase();
  return compiled.flatMap((statement, index) => {
    const position = positions[index];
    const isOfCaller = statement.principals?.(request.principal) !== 'none';
    const isMatch =
      statement.effect === effect && isOfCaller && applies(statement, action, request);
    return isMatch && position !== undefined ? [{ policy, ...position }] : [];
  });
}

const decisions = {
  allowed: 'allowed',
  'explicit-deny': 'explicitDeny',
  'implicit-deny': 'implicitDeny',
} as const;
