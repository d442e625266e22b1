/** The elements of a policy as the grammar allows them. */

export type PolicyVersion = '2008-10-17' | '2012-10-17';
export type OneOrMore = string | readonly string[];
export type Principals = '*' | Readonly<Record<string, OneOrMore>>;
type ConditionValue = string | boolean | number;
export type ConditionBlock = Readonly<
  Record<string, Readonly<Record<string, ConditionValue | readonly ConditionValue[]>>>
>;

export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: OneOrMore;
  readonly NotAction?: OneOrMore;
  readonly Resource?: OneOrMore;
  readonly NotResource?: OneOrMore;
  readonly Principal?: Principals;
  readonly NotPrincipal?: Principals;
  readonly Condition?: ConditionBlock;
}

export function listOf(value: OneOrMore | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}
