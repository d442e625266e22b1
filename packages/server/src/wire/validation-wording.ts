/** AWS's wording of broken constraints. */

export interface Problem {
  /** `vpcConfig.subnetIds` */
  readonly path: string;
  /** As `describeValue` prints it. */
  readonly value: string;
  /** `Member must not be null` */
  readonly requirement: string;
  /** The whole message, where the service has one of its own for this problem. */
  readonly sentence?: string;
}

export function validationMessage(problems: readonly Problem[]): string {
  const [own] = problems;
  // A service's own sentence comes from behind the common validation, which has found nothing.
  if (own?.sentence !== undefined && problems.every((each) => each.sentence !== undefined)) {
    return own.sentence;
  }
  const count = problems.length;
  const texts = problems.map(({ path, value, requirement }) => {
    const shown = value === '' ? 'Value' : `Value ${value}`;
    return `${shown} at '${path}' failed to satisfy constraint: ${requirement}`;
  });
  const noun = count === 1 ? 'error' : 'errors';
  return `${count} validation ${noun} detected: ${texts.join('; ')}`;
}

export const NOT_NULL = 'Member must not be null';

export function lengthAtMost(length: number): string {
  return `Member must have length less than or equal to ${length}`;
}

export function lengthAtLeast(length: number): string {
  return `Member must have length greater than or equal to ${length}`;
}

export function valueAtMost(bound: string): string {
  return `Member must have value less than or equal to ${bound}`;
}

export function valueAtLeast(bound: string): string {
  return `Member must have value greater than or equal to ${bound}`;
}

export function matchesPattern(pattern: string): string {
  return `Member must satisfy regular expression pattern: ${pattern}`;
}

export function isOneOf(values: readonly string[]): string {
  return `Member must satisfy enum value set: [${values.join(', ')}]`;
}

/** `'v'`, `'[a, b]'`, `'{k=v}'`, and `null` without quotes. */
export function describeValue(value: unknown, isDouble = false): string {
  return value === undefined || value === null ? 'null' : `'${plain(value, isDouble)}'`;
}

/** Numbers of the wire's floating types are printed with a fraction. */
export function describeNumber(value: number, isDouble: boolean): string {
  return isDouble && Number.isInteger(value) ? value.toFixed(1) : String(value);
}

function plain(value: unknown, isDouble: boolean): string {
  if (Array.isArray(value)) return `[${value.map((each) => plain(each, isDouble)).join(', ')}]`;
  if (typeof value === 'number') return describeNumber(value, isDouble);
  if (value instanceof Date) return value.toString();
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value).map(([key, each]) => `${key}=${plain(each, isDouble)}`);
  return `{${entries.join(', ')}}`;
}
