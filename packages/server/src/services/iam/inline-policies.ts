/** The inline policies of users, groups and roles: Put, Get, List and Delete...Policy. */
import type { AwsError } from '../../core/aws-error.ts';
import type { AnyOperation, Operation } from '../../core/operation.ts';
import type { Entity } from '../../iam/entity.ts';
import { policySize } from '../../iam/policy-document.ts';
import type { IamDeps } from './deps.ts';
import { findEntity, permissionOn, updateEntity } from './entity-access.ts';
import type { EntityKind, NamingInput } from './entity-kind.ts';
import { limitExceeded, noSuchEntity } from './iam-errors.ts';
import { pageOf, type PageRequest } from './paging.ts';
import { checkPolicy, encodePolicy } from './policy-text.ts';

interface PolicyInput extends NamingInput {
  readonly PolicyName: string;
}

export function inlinePolicyOperations<Of extends Entity>(
  kind: EntityKind<Of>,
  deps: IamDeps,
): readonly AnyOperation[] {
  return [put(kind, deps), get(kind, deps), list(kind, deps), remove(kind, deps)];
}

function put<Of extends Entity>(
  kind: EntityKind<Of>,
  deps: IamDeps,
): Operation<PolicyInput & { readonly PolicyDocument: string }> {
  const name = `Put${kind.word}Policy`;
  return {
    name,
    permissions: (input, context) =>
      permissionOn(kind, deps, context, `iam:${name}`, kind.nameOf(input)),
    async handle(input, { account }) {
      const { PolicyName, PolicyDocument } = input;
      await updateEntity(kind, deps, account, kind.nameOf(input), (entity) => {
        checkPolicy(PolicyDocument, 'inline');
        const inlinePolicies = { ...entity.inlinePolicies, [PolicyName]: PolicyDocument };
        const sizes = Object.values(inlinePolicies).map(policySize);
        if (sizes.reduce((sum, size) => sum + size, 0) > kind.inlineCharacters) {
          throw limitExceeded(
            `Maximum policy size of ${kind.inlineCharacters} bytes exceeded for ${kind.noun} ${entity.name}`,
          );
        }
        return { ...entity, inlinePolicies };
      });
      return {};
    },
  };
}

function get<Of extends Entity>(kind: EntityKind<Of>, deps: IamDeps): Operation<PolicyInput> {
  const name = `Get${kind.word}Policy`;
  return {
    name,
    permissions: (input, context) =>
      permissionOn(kind, deps, context, `iam:${name}`, kind.nameOf(input)),
    async handle(input, { account }) {
      const { PolicyName } = input;
      const entity = findEntity(kind, deps, account, kind.nameOf(input));
      if (!Object.hasOwn(entity.inlinePolicies, PolicyName)) throw noSuchInline(kind, PolicyName);
      const PolicyDocument = encodePolicy(entity.inlinePolicies[PolicyName] ?? '');
      return { [`${kind.word}Name`]: entity.name, PolicyName, PolicyDocument };
    },
  };
}

function list<Of extends Entity>(
  kind: EntityKind<Of>,
  deps: IamDeps,
): Operation<NamingInput & PageRequest> {
  const name = `List${kind.word}Policies`;
  return {
    name,
    permissions: (input, context) =>
      permissionOn(kind, deps, context, `iam:${name}`, kind.nameOf(input)),
    async handle(input, { account }) {
      const entity = findEntity(kind, deps, account, kind.nameOf(input));
      const names = Object.keys(entity.inlinePolicies).sort();
      const { items, rest } = pageOf(names, (each) => each, input);
      return { PolicyNames: items, ...rest };
    },
  };
}

function remove<Of extends Entity>(kind: EntityKind<Of>, deps: IamDeps): Operation<PolicyInput> {
  const name = `Delete${kind.word}Policy`;
  return {
    name,
    permissions: (input, context) =>
      permissionOn(kind, deps, context, `iam:${name}`, kind.nameOf(input)),
    async handle(input, { account }) {
      const { PolicyName } = input;
      await updateEntity(kind, deps, account, kind.nameOf(input), (entity) => {
        if (!Object.hasOwn(entity.inlinePolicies, PolicyName)) throw noSuchInline(kind, PolicyName);
        const left = Object.entries(entity.inlinePolicies).filter(([each]) => each !== PolicyName);
        return { ...entity, inlinePolicies: Object.fromEntries(left) };
      });
      return {};
    },
  };
}

function noSuchInline(kind: Pick<EntityKind, 'noun'>, name: string): AwsError {
  return noSuchEntity(`The ${kind.noun} policy with name ${name} cannot be found.`);
}
