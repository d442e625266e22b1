/** What a set of policies would decide, and by which of their statements. */
import { compilePolicy, type CompiledPolicy } from './compile-policy.ts';
import { contextKeys } from './context-keys.ts';
import { applies, evaluate, type AccessRequest } from './evaluate.ts';
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

interface Prepared {
  readonly policy: SimulatedPolicy;
  readonly document: PolicyDocument;
  readonly compiled: CompiledPolicy;
}

/** Throws `MalformedPolicy`. */
export function createSimulation(
  identity: readonly SimulatedPolicy[],
  boundary: SimulatedPolicy | undefined,
): Simulation {
  const prepared = identity.map(prepare);
  const bounding = boundary === undefined ? undefined : prepare(boundary);
  const everything = bounding === undefined ? prepared : [...prepared, bounding];
  const wanted = contextKeys(everything.map(({ document }) => document));
  const policies = {
    identity: prepared.map(({ compiled }) => compiled),
    ...(bounding === undefined ? {} : { boundary: bounding.compiled }),
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

function prepare(policy: SimulatedPolicy): Prepared {
  const document = parsePolicyDocument(policy.text, 'inline');
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
    const isMatch = statement.effect === effect && applies(statement, action, request);
    return isMatch && position !== undefined ? [{ policy, ...position }] : [];
  });
}

const decisions = {
  allowed: 'allowed',
  'explicit-deny': 'explicitDeny',
  'implicit-deny': 'implicitDeny',
} as const;
