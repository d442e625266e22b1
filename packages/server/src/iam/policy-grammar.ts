/**
 * The grammar of the policy language: which elements there are and of which JSON type. AWS has
 * one sentence for everything that breaks it ("Syntax errors in policy.").
 */
import { parseOperator } from './condition-operators.ts';

type Json = Readonly<Record<string, unknown>>;

export function checkGrammar(json: unknown): json is Json {
  if (!isObject(json)) return false;
  if (!hasOnly(json, ['Version', 'Id', 'Statement'])) return false;
  if (!isOptional(json['Version'], (version) => versions.includes(version))) return false;
  if (!isOptional(json['Id'], isString)) return false;
  const statements = isObject(json['Statement']) ? [json['Statement']] : json['Statement'];
  return Array.isArray(statements) && statements.length > 0 && statements.every(isStatement);
}

function isStatement(json: unknown): boolean {
  if (!isObject(json) || !hasOnly(json, elements)) return false;
  for (const name of ['Action', 'Resource', 'Principal']) {
    if (json[name] !== undefined && json[`Not${name}`] !== undefined) return false;
  }
  return (
    // In another case of letters it fails a later check of AWS's, with another text.
    /^(allow|deny)$/i.test(String(json['Effect'])) &&
    isOptional(json['Sid'], isString) &&
    listElements.every((name) => isOptional(json[name], isOneOrMore)) &&
    isOptional(json['Principal'], isPrincipals) &&
    isOptional(json['NotPrincipal'], isPrincipals) &&
    isOptional(json['Condition'], isCondition)
  );
}

function isPrincipals(json: unknown): boolean {
  return json === '*' || (isObject(json) && Object.values(json).every(isOneOrMore));
}

/** An operator that does not exist is an error only where it has something to compare. */
function isCondition(json: unknown): boolean {
  if (!isObject(json)) return false;
  return Object.entries(json).every(
    ([operator, keys]) =>
      isObject(keys) &&
      Object.values(keys).every(isConditionValue) &&
      (Object.keys(keys).length === 0 || parseOperator(operator) !== undefined),
  );
}

function isConditionValue(json: unknown): boolean {
  return Array.isArray(json) ? json.every(isScalar) : isScalar(json);
}

function isScalar(json: unknown): boolean {
  return isString(json) || typeof json === 'boolean' || typeof json === 'number';
}

function isOneOrMore(json: unknown): boolean {
  return isString(json) || (Array.isArray(json) && json.every(isString));
}

function isString(json: unknown): json is string {
  return typeof json === 'string';
}

function isObject(json: unknown): json is Json {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

function isOptional(json: unknown, check: (json: unknown) => boolean): boolean {
  return json === undefined || check(json);
}

function hasOnly(json: Json, names: readonly string[]): boolean {
  return Object.keys(json).every((name) => names.includes(name));
}

const versions: readonly unknown[] = ['2008-10-17', '2012-10-17'];
const listElements = ['Action', 'NotAction', 'Resource', 'NotResource'];
const elements = ['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Condition', ...listElements];
