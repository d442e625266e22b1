/**
 * Constraints of the API models as data. The SDK's schemas leave them out, so they are kept by
 * hand in `constraints/`, by the names of shapes that AWS's documentation uses.
 */
export interface Constraint {
  /** Characters of a string, elements of a list, entries of a map, bytes of a blob. */
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly min?: number;
  readonly max?: number;
  /** Bounds and values are printed with a fraction (`1.0`). */
  readonly isDouble?: boolean;
  /** Must match the whole string. */
  readonly pattern?: string;
  /** What IAM says instead, after `The specified value for roleName is invalid.` */
  readonly patternSentence?: string;
  /** In the order in which AWS prints them. */
  readonly oneOf?: readonly string[];
  /** The constraint of the elements of a list, and of the keys and values of a map, by name. */
  readonly element?: string;
  readonly key?: string;
  readonly value?: string;
  /** AWS: a few lists do not print that their elements must not be null. */
  readonly hasNullableElements?: boolean;
  /** AWS: one list prints the constraint of its elements as if it were its own. */
  readonly isElementTextBare?: boolean;
}

export interface ConstraintTable {
  readonly shapes: Readonly<Record<string, Constraint>>;
  /** Structure, member, name of the constraint. */
  readonly members: Readonly<Record<string, Readonly<Record<string, string>>>>;
}
