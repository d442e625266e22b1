/** What users, groups and roles have in common: a name in an account, and policies. */
export interface Tag {
  readonly key: string;
  readonly value: string;
}

export interface Entity {
  readonly account: string;
  readonly name: string;
  /** `AIDA...`, `AGPA...`, `AROA...`; never used again: what was bound to it dies with it. */
  readonly id: string;
  /** Begins and ends with a slash. */
  readonly path: string;
  readonly createdAtMs: number;
  /** Inline policies: name to JSON. */
  readonly inlinePolicies: Readonly<Record<string, string>>;
  readonly attachedPolicies: readonly string[];
}

/** A user or a role: somebody who acts. */
export interface ActingEntity extends Entity {
  readonly tags: readonly Tag[];
  /** ARN of the managed policy beyond which the entity's own policies give nothing. */
  readonly permissionsBoundary?: string;
}
