/** A user of one account, with its access keys and the groups it belongs to. */
import type { ActingEntity } from './entity.ts';

export interface User extends ActingEntity {
  /** The ids of groups: a group that takes the name of a deleted one has no members. */
  readonly groups: readonly string[];
  /** Oldest first. */
  readonly accessKeys: readonly UserAccessKey[];
}

export interface UserAccessKey {
  /** `AKIA...` */
  readonly id: string;
  /** Encrypted (secret-box.ts). */
  readonly sealedSecret: string;
  readonly isActive: boolean;
  readonly createdAtMs: number;
}

export function userArn(user: Pick<User, 'account' | 'path' | 'name'>): string {
  return `arn:aws:iam::${user.account}:user${user.path}${user.name}`;
}
