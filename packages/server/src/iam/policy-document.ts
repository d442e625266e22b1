/**
 * A policy document as its author wrote it, parsed and checked. What passes here can be compiled;
 * what does not is refused with AWS's own text, in the order in which AWS checks.
 */
import { checkGrammar } from './policy-grammar.ts';
import { asInstant } from './condition-values.ts';
import { checkActions, checkResources } from './policy-elements.ts';
import { listOf, type PolicyStatement, type PolicyVersion } from './policy-statement.ts';
import { checkPrincipals, checkTrustStatement } from './trust-document.ts';

export interface PolicyDocument {
  readonly Version?: PolicyVersion;
  readonly Id?: string;
  readonly Statement: readonly PolicyStatement[];
}

/**
 * `managed` and `inline` are identity policies; AWS asks only managed ones for the newer version.
 * `trust` is a role's AssumeRolePolicyDocument; `resource` the policy of any other resource.
 */
export type PolicyKind = 'managed' | 'inline' | 'trust' | 'resource';

/** The message is AWS's text of MalformedPolicyDocument. */
export class MalformedPolicy extends Error {
  override get name(): string {
    return 'MalformedPolicy';
  }
}

/** Throws `MalformedPolicy`. */
export function parsePolicyDocument(text: string, kind: PolicyKind): PolicyDocument {
  const json = parseJson(text, kind);
  if (!checkGrammar(json)) throw new MalformedPolicy('Syntax errors in policy.');
  const document = {
    ...json,
    Statement: Array.isArray(json['Statement']) ? json['Statement'] : [json['Statement']],
  } as unknown as PolicyDocument;
  const problem = problemOf(document, kind);
  if (problem !== undefined) throw new MalformedPolicy(problem);
  return document;
}

/** AWS counts no white space towards the quotas of policy sizes. */
export function policySize(text: string): number {
  return text.replaceAll(/\s/g, '').length;
}

function parseJson(text: string, kind: PolicyKind): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message =
      kind === 'trust' ? 'This policy contains invalid Json' : 'Syntax errors in policy.';
    throw new MalformedPolicy(message, { cause });
  }
}

function problemOf(document: PolicyDocument, kind: PolicyKind): string | undefined {
  if (kind === 'trust') return trustProblem(document);
  return kind === 'resource' ? resourceProblem(document) : identityProblem(document, kind);
}

function resourceProblem({ Statement: statements }: PolicyDocument): string | undefined {
  if (statements.some(failsLegacyParsing)) return LEGACY_PARSING;
  return (
    duplicateSid(statements) ??
    statements.map(checkPrincipals).find(isText) ??
    statements.map(missingAction).find(isText) ??
    statements.map(checkResources).find(isText) ??
    statements.map(checkActions).find(isText) ??
    statements.map(missingResource).find(isText)
  );
}

function identityProblem(document: PolicyDocument, kind: PolicyKind): string | undefined {
  const statements = document.Statement;
  if (kind === 'managed' && document.Version !== '2012-10-17') {
    return 'Policy document must be version 2012-10-17 or greater.';
  }
  if (statements.some(failsLegacyParsing)) return LEGACY_PARSING;
  if (statements.some(hasPrincipal)) return 'Policy document should not specify a principal.';
  return (
    duplicateSid(statements) ??
    statements.map(missingAction).find(isText) ??
    statements.map(checkResources).find(isText) ??
    statements.map(checkActions).find(isText) ??
    statements.map(missingResource).find(isText)
  );
}

function trustProblem({ Statement }: PolicyDocument): string | undefined {
  if (Statement.some(failsLegacyParsing)) return LEGACY_PARSING;
  return duplicateSid(Statement) ?? Statement.map(checkTrustStatement).find(isText);
}

/** AWS: a wrongly spelt `allow`, or a date condition whose value is no date. */
function failsLegacyParsing({ Effect, Condition }: PolicyStatement): boolean {
  if (Effect !== 'Allow' && Effect !== 'Deny') return true;
  return Object.entries(Condition ?? {}).some(
    ([operator, keys]) =>
      /^(For[A-Za-z]+:)?Date/.test(operator) &&
      Object.values(keys)
        .flat()
        .some((value) => isNoDate(String(value))),
  );
}

function isNoDate(value: string): boolean {
  return !value.includes('${') && asInstant(value) === undefined;
}

function duplicateSid(statements: readonly PolicyStatement[]): string | undefined {
  const sids = statements.map((statement) => statement.Sid ?? '').filter((sid) => sid !== '');
  if (new Set(sids).size === sids.length) return undefined;
  return 'Statement IDs (SID) in a single policy must be unique.';
}

function hasPrincipal(statement: PolicyStatement): boolean {
  return statement.Principal !== undefined || statement.NotPrincipal !== undefined;
}

function missingAction(statement: PolicyStatement): string | undefined {
  const actions = listOf(statement.Action ?? statement.NotAction);
  return actions.length === 0 ? 'Policy statement must contain actions.' : undefined;
}

function missingResource(statement: PolicyStatement): string | undefined {
  const resources = listOf(statement.Resource ?? statement.NotResource);
  return resources.length === 0 ? 'Policy statement must contain resources.' : undefined;
}

function isText(problem: string | undefined): problem is string {
  return problem !== undefined;
}

const LEGACY_PARSING = 'The policy failed legacy parsing';
