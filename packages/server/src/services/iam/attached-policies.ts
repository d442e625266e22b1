/** Attach...Policy, Detach...Policy and ListAttached...Policies of users, groups and roles. */
import type { AnyOperation, Operation } from '../../core/operation.ts';
import type { Entity } from '../../iam/entity.ts';
import type { IamDeps } from './deps.ts';
import { findEntity, permissionOn, updateEntity } from './entity-access.ts';
import type { EntityKind, NamingInput } from './entity-kind.ts';
import { limitExceeded, noSuchPolicy } from './iam-errors.ts';
import { pageOf, type PageRequest } from './paging.ts';
import { attachablePolicy, visiblePolicy } from './policy-access.ts';

/** AWS's default quota, the same for the three. */
const POLICIES_PER_ENTITY = 10;

interface AttachInput extends NamingInput {
  readonly PolicyArn: string;
}

export function attachedPolicyOperations<Of extends Entity>(
  kind: EntityKind<Of>,
  deps: IamDeps,
): readonly AnyOperation[] {
  return [attach(kind, deps), detach(kind, deps), list(kind, deps)];
}

function attach<Of extends Entity>(kind: EntityKind<Of>, deps: IamDeps): Operation<AttachInput> {
  const name = `Attach${kind.word}Policy`;
  return {
    name,
    permissions: (input, context) =>
      permissionOn(kind, deps, context, `iam:${name}`, kind.nameOf(input), {
        'iam:PolicyARN': input.PolicyArn,
      }),
    async handle(input, { account }) {
      const { PolicyArn: arn } = input;
      await updateEntity(kind, deps, account, kind.nameOf(input), (entity) => {
        // In here, because nobody can delete the policy meanwhile.
        attachablePolicy(deps, account, arn);
        if (entity.attachedPolicies.includes(arn)) return entity;
        if (entity.attachedPolicies.length >= POLICIES_PER_ENTITY) {
          throw limitExceeded(
            `Cannot exceed quota for PoliciesPer${kind.word}: ${POLICIES_PER_ENTITY}`,
          );
        }
        return { ...entity, attachedPolicies: [...entity.attachedPolicies, arn] };
      });
      return {};
    },
  };
}

function detach<Of extends Entity>(kind: EntityKind<Of>, deps: IamDeps): Operation<AttachInput> {
  const name = `Detach${kind.word}Policy`;
  return {
    name,
    permissions: (input, context) =>
      permissionOn(kind, deps, context, `iam:${name}`, kind.nameOf(input), {
        'iam:PolicyARN': input.PolicyArn,
      }),
    async handle(input, { account }) {
      const { PolicyArn: arn } = input;
      await updateEntity(kind, deps, account, kind.nameOf(input), (entity) => {
        if (!entity.attachedPolicies.includes(arn)) throw noSuchPolicy(arn);
        const attachedPolicies = entity.attachedPolicies.filter((each) => each !== arn);
        return { ...entity, attachedPolicies };
      });
      return {};
    },
  };
}

function list<Of extends Entity>(
  kind: EntityKind<Of>,
  deps: IamDeps,
): Operation<NamingInput & PageRequest & { readonly PathPrefix?: string }> {
  const name = `ListAttached${kind.word}Policies`;
  return {
    name,
    permissions: (input, context) =>
      permissionOn(kind, deps, context, `iam:${name}`, kind.nameOf(input)),
    async handle(input, { account }) {
      const entity = findEntity(kind, deps, account, kind.nameOf(input));
      const prefix = input.PathPrefix ?? '/';
      const attached = entity.attachedPolicies
        .flatMap((arn) => {
          const policy = visiblePolicy(deps, account, arn);
          return policy?.path.startsWith(prefix) === true ? [{ arn, name: policy.name }] : [];
        })
        .sort((one, other) => (one.arn < other.arn ? -1 : 1));
      const { items, rest } = pageOf(attached, (policy) => policy.arn, input);
      const AttachedPolicies = items.map((each) => ({
        PolicyName: each.name,
        PolicyArn: each.arn,
      }));
      return { AttachedPolicies, ...rest };
    },
  };
}
