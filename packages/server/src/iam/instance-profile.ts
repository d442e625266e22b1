/** An instance profile: a record that names a role. There are no instances here to use it. */
import type { Tag } from './entity.ts';

export interface InstanceProfile {
  readonly account: string;
  readonly name: string;
  /** `AIPA...` */
  readonly id: string;
  /** Begins and ends with a slash. */
  readonly path: string;
  readonly createdAtMs: number;
  readonly tags: readonly Tag[];
  /** The id of its role: AWS allows one. */
  readonly roleId?: string;
}

export function instanceProfileArn(
  profile: Pick<InstanceProfile, 'account' | 'path' | 'name'>,
): string {
  return `arn:aws:iam::${profile.account}:instance-profile${profile.path}${profile.name}`;
}
