/** The compiled policies of each user, group and role: made anew when something in them changes. */
import { compilePolicy, type CompiledPolicy } from './compile-policy.ts';
import type { ActingEntity, Entity } from './entity.ts';
import type { ManagedPolicies } from './managed-policies.ts';
import { parsePolicyDocument, type PolicyDocument } from './policy-document.ts';
import { roleArn, type Role } from './role.ts';

export interface EntityPolicies {
  identity(entity: Entity): readonly CompiledPolicy[];
  /** Undefined: the entity has none. */
  boundary(entity: ActingEntity): CompiledPolicy | undefined;
  trust(role: Role): CompiledPolicy;
  managed(arn: string): CompiledPolicy;
  /** Instead of the policies of something that should be there and is not. */
  readonly denyEverything: CompiledPolicy;
}

export function createEntityPolicies(managed: ManagedPolicies): EntityPolicies {
  const documentOf = (arn: string): PolicyDocument => {
    const policy = managed.find(arn);
    const version = policy?.versions.find(({ id }) => id === policy.defaultVersion);
    return version === undefined ? nothing : parsePolicyDocument(version.document, 'managed');
  };
  const compiledOf = (arn: string): CompiledPolicy => compilePolicy(documentOf(arn), arn);
  const identity = compiledOnce(managed, (entity: Entity) => {
    const inline = Object.entries(entity.inlinePolicies).map(([name, text]) =>
      compilePolicy(parsePolicyDocument(text, 'inline'), `inline policy ${name}`),
    );
    return [...inline, ...entity.attachedPolicies.map(compiledOf)];
  });
  const boundary = compiledOnce(managed, ({ permissionsBoundary: arn }: ActingEntity) =>
    arn === undefined ? undefined : compiledOf(arn),
  );
  const byArn = new Map<string, { generation: number; compiled: CompiledPolicy }>();
  const trusts = new WeakMap<Role, CompiledPolicy>();
  return {
    identity,
    boundary,
    trust(role) {
      const known = trusts.get(role);
      if (known !== undefined) return known;
      const trust = compilePolicy(
        parsePolicyDocument(role.trustPolicy, 'trust'),
        `trust policy of ${roleArn(role)}`,
        role.trustedIds,
      );
      trusts.set(role, trust);
      return trust;
    },
    managed(arn) {
      const known = byArn.get(arn);
      if (known?.generation === managed.generation) return known.compiled;
      const compiled = compiledOf(arn);
      byArn.set(arn, { generation: managed.generation, compiled });
      return compiled;
    },
    denyEverything: compilePolicy(nothing, 'a policy whose record was found damaged'),
  };
}

/** Records are immutable: a changed entity is another key, and the old one is collected. */
function compiledOnce<Of extends Entity, Compiled>(
  managed: ManagedPolicies,
  compile: (entity: Of) => Compiled,
): (entity: Of) => Compiled {
  const known = new WeakMap<Of, { readonly generation: number; readonly compiled: Compiled }>();
  return (entity) => {
    const entry = known.get(entity);
    if (entry?.generation === managed.generation) return entry.compiled;
    const compiled = compile(entity);
    known.set(entity, { generation: managed.generation, compiled });
    return compiled;
  };
}

/**
 * Stands for an attached policy that is not there. None can be deleted while it is attached, so
 * its record was found damaged, and what it denied is not known.
 */
const nothing: PolicyDocument = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }],
};
