/**
 * A policy in the form in which decisions are made: patterns and conditions are parsed once, when
 * the policy changes. A decision then compares strings.
 */
import { compileConditions, type Condition } from './conditions.ts';
import { compileTokens, wildcardTokens, type Matcher } from './pattern.ts';
import type { PolicyDocument } from './policy-document.ts';
import { listOf, type OneOrMore, type PolicyStatement } from './policy-statement.ts';
import { asArnPattern, parseTemplate, type ConditionKeys } from './policy-variables.ts';
import { compilePrincipals, type PrincipalBindings, type PrincipalMatcher } from './principals.ts';

export interface CompiledStatement {
  readonly sid: string | undefined;
  /** As its author wrote it, and where: for whoever asks why a request was denied. */
  readonly origin: StatementOrigin;
  readonly effect: 'Allow' | 'Deny';
  /** Takes the action in lower case. */
  readonly matchesAction: Matcher;
  matchesResource(resource: string, keys: ConditionKeys): boolean;
  /** Undefined in identity policies, which speak of their owner. */
  readonly principals: PrincipalMatcher | undefined;
  readonly condition: Condition;
}

export interface StatementOrigin {
  /** An ARN, the name of an inline policy, or what the policy is. */
  readonly policy: string;
  readonly statement: PolicyStatement;
}

export type CompiledPolicy = readonly CompiledStatement[];

/** `policy` is what the document is called where somebody asks for reasons. */
export function compilePolicy(
  document: PolicyDocument,
  policy = 'a policy',
  bindings?: PrincipalBindings,
): CompiledPolicy {
  const withVariables = document.Version === '2012-10-17';
  return document.Statement.map((statement) =>
    compileStatement({ policy, statement }, withVariables, bindings),
  );
}

function compileStatement(
  origin: StatementOrigin,
  withVariables: boolean,
  bindings: PrincipalBindings | undefined,
): CompiledStatement {
  const { statement } = origin;
  const { Sid, Effect, Action, NotAction, Resource, NotResource, Condition: block } = statement;
  return {
    sid: Sid,
    origin,
    effect: Effect,
    matchesAction: compileActions(Action, NotAction),
    matchesResource: compileResources(Resource, NotResource, withVariables, Effect === 'Deny'),
    principals: compilePrincipals(statement.Principal, statement.NotPrincipal, bindings),
    condition: compileConditions(block, withVariables, Effect === 'Deny'),
  };
}

function compileActions(action: OneOrMore | undefined, notAction: OneOrMore | undefined): Matcher {
  const isNot = action === undefined;
  // By service, because a policy may list thousands of actions (ReadOnlyAccess does).
  const byService = new Map<string, Matcher[]>();
  const ofAny: Matcher[] = [];
  for (const name of listOf(action ?? notAction)) {
    const matcher = compileTokens(wildcardTokens(name.toLowerCase()));
    const service = serviceOf(name.toLowerCase());
    if (/[*?]/.test(service)) ofAny.push(matcher);
    else byService.set(service, [...(byService.get(service) ?? []), matcher]);
  }
  return (name) => {
    const isNamed = byService.get(serviceOf(name))?.some((matches) => matches(name)) ?? false;
    return (isNamed || ofAny.some((matches) => matches(name))) !== isNot;
  };
}

function serviceOf(action: string): string {
  const colon = action.indexOf(':');
  return colon === -1 ? action : action.slice(0, colon);
}

/**
 * A trust policy has neither element: it speaks of its own role. A NotResource that names a
 * variable without a value is unknown, and answers `unknown` so that it never allows more.
 */
function compileResources(
  resource: OneOrMore | undefined,
  notResource: OneOrMore | undefined,
  withVariables: boolean,
  unknown: boolean,
): CompiledStatement['matchesResource'] {
  const patterns = listOf(resource ?? notResource).map((text) => compileArn(text, withVariables));
  if (resource === undefined && notResource === undefined) return () => true;
  if (resource !== undefined) {
    return (arn, keys) => patterns.some((matches) => matches(arn, keys) === true);
  }
  return (arn, keys) => {
    const results = patterns.map((matches) => matches(arn, keys));
    if (results.includes(true)) return false;
    return results.includes(undefined) ? unknown : true;
  };
}

/** `undefined`: a variable of the pattern has no value in this request. */
function compileArn(
  text: string,
  withVariables: boolean,
): (arn: string, keys: ConditionKeys) => boolean | undefined {
  if (text === '*') return () => true;
  const template = parseTemplate(text, withVariables);
  if (template.hasVariables) {
    return (arn, keys) => {
      const tokens = template.tokens(keys);
      return tokens === undefined ? undefined : compileTokens(asArnPattern(tokens))(arn);
    };
  }
  return compileTokens(asArnPattern(template.tokens(() => undefined) ?? []));
}
