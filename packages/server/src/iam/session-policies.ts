/** The session policies of a role session, compiled once for each text that sessions carry. */
import type { SessionAttributes } from '../core/principal.ts';
import { compilePolicy, type CompiledPolicy } from './compile-policy.ts';
import type { EntityPolicies } from './entity-policies.ts';
import { parsePolicyDocument } from './policy-document.ts';

/** Undefined: the session has none, and may do what its role may. */
export type SessionPolicies = (
  session: SessionAttributes | undefined,
) => readonly CompiledPolicy[] | undefined;

export function createSessionPolicies(entityPolicies: EntityPolicies): SessionPolicies {
  const compiled = new Map<string, CompiledPolicy>();
  const compile = (text: string): CompiledPolicy => {
    const known = compiled.get(text);
    if (known !== undefined) return known;
    // Bounded, because callers choose the texts.
    if (compiled.size >= TEXTS_KEPT) compiled.clear();
    const policy = compilePolicy(parsePolicyDocument(text, 'inline'), 'session policy');
    compiled.set(text, policy);
    return policy;
  };
  return (session) => {
    const texts = session?.policies ?? [];
    const arns = session?.policyArns ?? [];
    if (texts.length + arns.length === 0) return undefined;
    return [...texts.map(compile), ...arns.map((arn) => entityPolicies.managed(arn))];
  };
}

const TEXTS_KEPT = 1000;
