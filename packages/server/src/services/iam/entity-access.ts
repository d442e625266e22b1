/** What the operations on one user, group or role share: the permission, and the change. */
import type { OperationContext, Permission } from '../../core/operation.ts';
import type { Entity, Tag } from '../../iam/entity.ts';
import type { OperationKeys } from '../../iam/request-keys.ts';
import type { IamDeps } from './deps.ts';
import type { EntityKind } from './entity-kind.ts';
import { alreadyExists, noSuchEntity, unmodifiable } from './iam-errors.ts';
import { resourceTagKeys } from './tags.ts';

/** On the entity by its real ARN, with its path; one that does not exist has none. */
export function permissionOn(
  kind: EntityKind,
  { identities }: IamDeps,
  { account }: OperationContext,
  action: string,
  name: string,
  conditions: OperationKeys = {},
): readonly Permission[] {
  const entity: (Entity & EntityKeys) | undefined = kind.records(identities).find(account, name);
  const resource = kind.arnOf(entity ?? { account, path: '/', name });
  const keys = entity === undefined ? {} : keysOf(entity);
  return [{ action, resources: [resource], conditions: { ...keys, ...conditions } }];
}

interface EntityKeys {
  readonly tags?: readonly Tag[];
  readonly permissionsBoundary?: string;
}

function keysOf({ tags = [], permissionsBoundary }: EntityKeys): OperationKeys {
  const boundary =
    permissionsBoundary === undefined ? {} : { 'iam:PermissionsBoundary': permissionsBoundary };
  return { ...resourceTagKeys(tags), ...boundary };
}

/** Throws NoSuchEntity. */
export function findEntity<Of extends Entity>(
  kind: EntityKind<Of>,
  { identities }: IamDeps,
  account: string,
  name: string,
): Of {
  const entity = kind.records(identities).find(account, name);
  if (entity === undefined) throw noSuchNamed(kind, name);
  return entity;
}

/** Rejects with NoSuchEntity, or with what `change` throws. */
export async function updateEntity<Of extends Entity>(
  kind: EntityKind<Of>,
  { identities }: IamDeps,
  account: string,
  name: string,
  change: (entity: Of) => Of,
): Promise<Of> {
  const entity = await kind.records(identities).update(account, name, (known) => {
    checkIsModifiable(known);
    return change(known);
  });
  if (entity === undefined) throw noSuchNamed(kind, name);
  return entity;
}

export function noSuchNamed(kind: Pick<EntityKind, 'noun'>, name: string): Error {
  return noSuchEntity(`The ${kind.noun} with name ${name} cannot be found.`);
}

/** A role that belongs to a service is changed by nobody else. */
export function checkIsModifiable(entity: Entity & { readonly linkedService?: string }): void {
  if (entity.linkedService !== undefined) throw unmodifiable(entity.name);
}

/** Rejects with NoSuchEntity, or EntityAlreadyExists where the new name is taken. */
export async function renameEntity<Of extends Entity>(
  kind: EntityKind<Of>,
  { identities }: IamDeps,
  account: string,
  name: string,
  to: { readonly name: string | undefined; readonly path: string | undefined },
): Promise<void> {
  const renaming = await kind.records(identities).rename(account, name, (entity) => ({
    ...entity,
    name: to.name ?? entity.name,
    path: to.path ?? entity.path,
  }));
  if (renaming === 'missing') throw noSuchNamed(kind, name);
  if (renaming === 'renamed') return;
  throw alreadyExists(`${kind.word} with name ${to.name} already exists.`);
}
