/** The condition keys that a policy asks for: in its conditions and as policy variables. */
import type { PolicyDocument } from './policy-document.ts';
import { listOf, type PolicyStatement } from './policy-statement.ts';

/** Each key once, whatever its case, in the spelling and order of the policies. */
export function contextKeys(documents: readonly PolicyDocument[]): readonly string[] {
  const known = new Map<string, string>();
  for (const key of documents.flatMap(({ Statement }) => Statement).flatMap(keysOf)) {
    if (!known.has(key.toLowerCase())) known.set(key.toLowerCase(), key);
  }
  return [...known.values()];
}

function keysOf({ Resource, NotResource, Condition }: PolicyStatement): readonly string[] {
  const conditions = Object.values(Condition ?? {}).flatMap((keys) => Object.entries(keys));
  const texts = conditions.flatMap(([, values]) => [values].flat().map(String));
  return [
    ...conditions.map(([key]) => key),
    ...[...listOf(Resource ?? NotResource), ...texts].flatMap(variablesOf),
  ];
}

function variablesOf(text: string): readonly string[] {
  return [...text.matchAll(/\$\{([^},]+)[^}]*\}/g)]
    .map((match) => (match[1] ?? '').trim())
    .filter((name) => !['*', '?', '$'].includes(name));
}
