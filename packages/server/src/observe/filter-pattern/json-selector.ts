/** `$.user.roles[0]`, `$.items[*].id`, `$['odd.name']`: the values of a JSON event it names. */
import { InvalidFilterPattern } from './invalid-filter-pattern.ts';
import { parseQuoted } from './pattern-quoted.ts';
import type { PatternScanner } from './pattern-scanner.ts';

type Step = { readonly key: string } | { readonly index: number } | 'every';
/** None where the property does not exist; several where the selector has a `*`. */
export type JsonSelector = (event: unknown) => readonly unknown[];

export function parseSelector(scanner: PatternScanner): JsonSelector {
  scanner.expect('$');
  const steps: Step[] = [];
  for (let step = parseStep(scanner); step !== undefined; step = parseStep(scanner)) {
    steps.push(step);
  }
  if (steps.length === 0) throw new InvalidFilterPattern();
  return (event) => {
    let values: readonly unknown[] = [event];
    for (const step of steps) values = values.flatMap((value) => follow(value, step));
    return values;
  };
}

function parseStep(scanner: PatternScanner): Step | undefined {
  if (scanner.take('.')) {
    if (scanner.next === '[') return parseBracket(scanner);
    if (scanner.take('*')) return 'every';
    const key = scanner.match(/[\p{L}\p{N}_\-@#:/]+/uy);
    if (key === undefined) throw new InvalidFilterPattern();
    return { key };
  }
  return scanner.next === '[' ? parseBracket(scanner) : undefined;
}

function parseBracket(scanner: PatternScanner): Step {
  scanner.expect('[');
  const step = parseInBracket(scanner);
  scanner.expect(']');
  return step;
}

function parseInBracket(scanner: PatternScanner): Step {
  if (scanner.take('*')) return 'every';
  if (scanner.next === '"') return { key: parseQuoted(scanner) };
  const index = scanner.match(/\d{1,9}/y);
  if (index !== undefined) return { index: Number(index) };
  const key = scanner.match(/'[^']*'/y);
  if (key === undefined) throw new InvalidFilterPattern();
  return { key: key.slice(1, -1) };
}

function follow(value: unknown, step: Step): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  if (step === 'every') return Object.values(value);
  if ('index' in step) {
    return Array.isArray(value) && step.index < value.length ? [value[step.index]] : [];
  }
  return !Array.isArray(value) && Object.hasOwn(value, step.key)
    ? [(value as Record<string, unknown>)[step.key]]
    : [];
}
