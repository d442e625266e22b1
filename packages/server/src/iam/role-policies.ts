/** The compiled policies of each role: made anew when the role or a managed policy changes. */
import { compilePolicy, type CompiledPolicy } from './compile-policy.ts';
import type { ManagedPolicies } from './managed-policies.ts';
import { parsePolicyDocument, type PolicyDocument } from './policy-document.ts';
import type { Role } from './role.ts';

export interface RolePolicies {
  identity(role: Role): readonly CompiledPolicy[];
  trust(role: Role): CompiledPolicy;
}

interface Compiled {
  readonly generation: number;
  readonly identity: readonly CompiledPolicy[];
}

export function createRolePolicies(managed: ManagedPolicies): RolePolicies {
  // Records are immutable: a changed role is another key, and the old one is collected.
  const identities = new WeakMap<Role, Compiled>();
  const trusts = new WeakMap<Role, CompiledPolicy>();
  return {
    identity(role) {
      const known = identities.get(role);
      if (known?.generation === managed.generation) return known.identity;
      const identity = compileIdentity(role, managed);
      identities.set(role, { generation: managed.generation, identity });
      return identity;
    },
    trust(role) {
      const known = trusts.get(role);
      if (known !== undefined) return known;
      const trust = compilePolicy(parsePolicyDocument(role.trustPolicy, 'trust'));
      trusts.set(role, trust);
      return trust;
    },
  };
}

function compileIdentity(role: Role, managed: ManagedPolicies): readonly CompiledPolicy[] {
  const inline = Object.values(role.inlinePolicies).map((text) =>
    parsePolicyDocument(text, 'inline'),
  );
  const attached = role.attachedPolicies.map((arn) => {
    const policy = managed.find(arn);
    const version = policy?.versions.find(({ id }) => id === policy.defaultVersion);
    return version === undefined ? nothing : parsePolicyDocument(version.document, 'managed');
  });
  return [...inline, ...attached].map(compilePolicy);
}

/**
 * Stands for an attached policy that is not there. None can be deleted while it is attached, so
 * its record was found damaged, and what it denied is not known.
 */
const nothing: PolicyDocument = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }],
};
