/** A managed policy: of an account, or of AWS (`account` is then `aws`). */
import type { Tag } from './entity.ts';

export interface ManagedPolicy {
  readonly account: string;
  readonly name: string;
  /** `ANPA...` */
  readonly id: string;
  /** Begins and ends with a slash. */
  readonly path: string;
  readonly description?: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly tags: readonly Tag[];
  /** Oldest first; one of them is the default. */
  readonly versions: readonly PolicyVersion[];
  readonly defaultVersion: string;
  /** AWS: the number of a deleted version is not given again. */
  readonly lastVersionNumber: number;
}

export interface PolicyVersion {
  /** `v1` */
  readonly id: string;
  /** JSON as its author wrote it. */
  readonly document: string;
  readonly createdAtMs: number;
}

export function managedPolicyArn(policy: Pick<ManagedPolicy, 'account' | 'path' | 'name'>): string {
  return `arn:aws:iam::${policy.account}:policy${policy.path}${policy.name}`;
}
