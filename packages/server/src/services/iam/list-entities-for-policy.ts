import type {
  ListEntitiesForPolicyRequest,
  ListEntitiesForPolicyResponse,
} from '@aws-sdk/client-iam';
import type { Operation } from '../../core/operation.ts';
import type { ActingEntity, Entity } from '../../iam/entity.ts';
import type { Validated } from '../validated.ts';
import type { IamDeps } from './deps.ts';
import { pageOf } from './paging.ts';
import { findPolicy, permissionOnPolicy } from './policy-access.ts';

export function listEntitiesForPolicy(
  deps: IamDeps,
): Operation<Validated<ListEntitiesForPolicyRequest>, ListEntitiesForPolicyResponse> {
  return {
    name: 'ListEntitiesForPolicy',
    permissions: (input, context) =>
      permissionOnPolicy(deps, context, 'iam:ListEntitiesForPolicy', input.PolicyArn),
    async handle(input, { account }) {
      findPolicy(deps, account, input.PolicyArn);
      const { users, groups, roles } = deps.identities;
      const found = [
        ...entities('Group', groups.list(account)),
        ...entities('Role', roles.list(account)),
        ...entities('User', users.list(account)),
      ].filter(({ kind, entity }) => isWanted(kind, entity, input));
      const { items, rest } = pageOf(found, ({ kind, entity }) => `${kind}/${entity.name}`, input);
      const of = (wanted: Kind): readonly Entity[] =>
        items.flatMap(({ kind, entity }) => (kind === wanted ? [entity] : []));
      return {
        PolicyGroups: of('Group').map(({ name, id }) => ({ GroupName: name, GroupId: id })),
        PolicyUsers: of('User').map(({ name, id }) => ({ UserName: name, UserId: id })),
        PolicyRoles: of('Role').map(({ name, id }) => ({ RoleName: name, RoleId: id })),
        ...rest,
      };
    },
  };
}

type Kind = 'Group' | 'Role' | 'User';
type AnyEntity = Entity & Pick<ActingEntity, 'permissionsBoundary'>;

function entities(
  kind: Kind,
  list: readonly AnyEntity[],
): readonly { readonly kind: Kind; readonly entity: AnyEntity }[] {
  return list.map((entity) => ({ kind, entity }));
}

function isWanted(
  kind: Kind,
  entity: AnyEntity,
  input: Validated<ListEntitiesForPolicyRequest>,
): boolean {
  const { PolicyArn: arn, EntityFilter: filter, PolicyUsageFilter: usage } = input;
  if (filter !== undefined && filter !== kind) return false;
  if (!entity.path.startsWith(input.PathPrefix ?? '/')) return false;
  const isAttached = entity.attachedPolicies.includes(arn);
  const isBoundary = entity.permissionsBoundary === arn;
  if (usage === 'PermissionsPolicy') return isAttached;
  return usage === 'PermissionsBoundary' ? isBoundary : isAttached || isBoundary;
}
