/** A role of one account, with everything that belongs to it alone. */
export interface Role {
  readonly account: string;
  readonly name: string;
  /** `AROA...`; never used again, so what was bound to a deleted role stays dead. */
  readonly id: string;
  /** Begins and ends with a slash. */
  readonly path: string;
  /** JSON as its author wrote it. */
  readonly trustPolicy: string;
  readonly description?: string;
  readonly maxSessionSeconds: number;
  readonly createdAtMs: number;
  readonly tags: readonly Tag[];
  /** Inline policies: name to JSON. */
  readonly inlinePolicies: Readonly<Record<string, string>>;
  readonly attachedPolicies: readonly string[];
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

export function roleArn(role: Pick<Role, 'account' | 'path' | 'name'>): string {
  return `arn:aws:iam::${role.account}:role${role.path}${role.name}`;
}

/** AWS: the path of a role is no part of its sessions' ARN. */
export function assumedRoleArn(role: Role, sessionName: string): string {
  return `arn:aws:sts::${role.account}:assumed-role/${role.name}/${sessionName}`;
}
