/** A role of one account, with everything that belongs to it alone. */
import type { ActingEntity } from './entity.ts';
import type { PrincipalBindings } from './principals.ts';

export interface Role extends ActingEntity {
  /** JSON as its author wrote it. */
  readonly trustPolicy: string;
  /** The users and roles that the trust policy names, by their ids (trust-bindings.ts). */
  readonly trustedIds?: PrincipalBindings;
  readonly description?: string;
  readonly maxSessionSeconds: number;
  /** The service that the role belongs to, where it is a service-linked one. */
  readonly linkedService?: string;
}

export function roleArn(role: Pick<Role, 'account' | 'path' | 'name'>): string {
  return `arn:aws:iam::${role.account}:role${role.path}${role.name}`;
}

/** AWS: the path of a role is no part of its sessions' ARN. */
export function assumedRoleArn(role: Role, sessionName: string): string {
  return `arn:aws:sts::${role.account}:assumed-role/${role.name}/${sessionName}`;
}
