/** One constraint, compiled: the requirements it prints, and those that a value breaks. */
import type { Constraint } from './constraint.ts';
import {
  describeNumber,
  isOneOf,
  lengthAtLeast,
  lengthAtMost,
  matchesPattern,
  valueAtLeast,
  valueAtMost,
} from './validation-wording.ts';

export interface Check {
  /** All requirements, in AWS's order; lists and maps print them for their elements. */
  readonly requirements: readonly string[];
  /** The requirements that this value, which is not null, does not meet. */
  broken(value: unknown): readonly string[];
}

const none: readonly string[] = [];

export function compileCheck(constraint: Constraint): Check {
  const rules = rulesOf(constraint);
  return {
    requirements: rules.map((rule) => rule.requirement),
    broken(value): readonly string[] {
      if (rules.every((rule) => rule.isMet(value))) return none;
      return rules.filter((rule) => !rule.isMet(value)).map((rule) => rule.requirement);
    },
  };
}

interface Rule {
  readonly requirement: string;
  isMet(value: unknown): boolean;
}

function rulesOf(constraint: Constraint): Rule[] {
  const { maxLength, minLength, max, min, pattern, oneOf, isDouble = false } = constraint;
  const rules: Rule[] = [];
  const add = (requirement: string, isMet: Rule['isMet']): void => {
    rules.push({ requirement, isMet });
  };
  if (maxLength !== undefined) add(lengthAtMost(maxLength), (value) => sizeOf(value) <= maxLength);
  if (minLength !== undefined) add(lengthAtLeast(minLength), (value) => sizeOf(value) >= minLength);
  if (max !== undefined) {
    add(valueAtMost(describeNumber(max, isDouble)), (value) => Number(value) <= max);
  }
  if (min !== undefined) {
    add(valueAtLeast(describeNumber(min, isDouble)), (value) => Number(value) >= min);
  }
  if (pattern !== undefined) add(matchesPattern(pattern), patternRule(pattern, maxLength));
  if (oneOf !== undefined) {
    const allowed = new Set(oneOf);
    add(isOneOf(oneOf), (value) => allowed.has(String(value)));
  }
  return rules;
}

/**
 * A hostile text that is far too long would keep a backtracking pattern busy; its length has
 * already refused it, and so the pattern is not asked.
 */
const LONGEST_EXCESS = 4_096;

function patternRule(pattern: string, maxLength: number | undefined): Rule['isMet'] {
  const regex = compilePattern(pattern);
  const longest = (maxLength ?? 0) + LONGEST_EXCESS;
  return (value) => {
    const text = String(value);
    if (text.length > longest) return maxLength !== undefined;
    return regex.test(text);
  };
}

/** AWS's patterns are Java's; of what differs they use Unicode classes only. */
export function compilePattern(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, pattern.includes(String.raw`\p{`) ? 'u' : '');
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (Array.isArray(value)) return value.length;
  if (value instanceof Uint8Array) return value.byteLength;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
}
