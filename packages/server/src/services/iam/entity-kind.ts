/** Users, groups and roles as the API speaks of them; the operations they share are made from this. */
import type { ActingEntity, Entity } from '../../iam/entity.ts';
import { groupArn } from '../../iam/group.ts';
import type { Identities } from '../../iam/identities.ts';
import type { NamedRecords } from '../../iam/named-records.ts';
import { roleArn, type Role } from '../../iam/role.ts';
import { userArn, type User } from '../../iam/user.ts';

/** An input that names one of them. */
export interface NamingInput {
  readonly UserName?: string | undefined;
  readonly GroupName?: string | undefined;
  readonly RoleName?: string | undefined;
}

export interface EntityKind<Of extends Entity = Entity> {
  /** As in the names of operations. */
  readonly word: 'User' | 'Group' | 'Role';
  /** As in messages. */
  readonly noun: 'user' | 'group' | 'role';
  /** AWS: of all inline policies together, without white space. */
  readonly inlineCharacters: number;
  nameOf(input: NamingInput): string;
  records(identities: Identities): NamedRecords<Of>;
  arnOf(entity: Pick<Entity, 'account' | 'path' | 'name'>): string;
}

export type ActingKind<Of extends ActingEntity = ActingEntity> = EntityKind<Of>;

export const userKind: ActingKind<User> = {
  word: 'User',
  noun: 'user',
  inlineCharacters: 2048,
  nameOf: (input) => input.UserName ?? '',
  records: (identities) => identities.users,
  arnOf: userArn,
};

export const groupKind: EntityKind = {
  word: 'Group',
  noun: 'group',
  inlineCharacters: 5120,
  nameOf: (input) => input.GroupName ?? '',
  records: (identities) => identities.groups,
  arnOf: groupArn,
};

export const roleKind: ActingKind<Role> = {
  word: 'Role',
  noun: 'role',
  inlineCharacters: 10_240,
  nameOf: (input) => input.RoleName ?? '',
  records: (identities) => identities.roles,
  arnOf: roleArn,
};
