/** A group of one account. Who belongs to it is written in the users. */
import type { Entity } from './entity.ts';

export type Group = Entity;

export function groupArn(group: Pick<Group, 'account' | 'path' | 'name'>): string {
  return `arn:aws:iam::${group.account}:group${group.path}${group.name}`;
}
