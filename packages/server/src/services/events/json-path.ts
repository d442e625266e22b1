/**
 * The part of JSONPath that EventBridge documents for inputs: `$`, members by dots, indices, and `*` for
 * all of them.
 */
type Step = { readonly member: string | number } | 'all';

/** Undefined: it is no path. */
export function parseJsonPath(text: string): readonly Step[] | undefined {
  if (!/^\$(?:\.(?:\*|[\w\-/]+)|\[(?:\d{1,6}|\*)\])*$/.test(text)) return undefined;
  return [...text.matchAll(/\.(\*|[\w\-/]+)|\[(\d+|\*)\]/g)].map(([, member, index]) => {
    if (member === '*' || index === '*') return 'all';
    return { member: member ?? Number(index) };
  });
}

/** Undefined where there is nothing. A path with `*` gives the list of what it finds. */
export function valueAt(value: unknown, path: readonly Step[]): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  if (step === 'all') {
    return Object.values(value)
      .map((each) => valueAt(each, rest))
      .filter((each) => each !== undefined);
  }
  return Object.hasOwn(value, step.member)
    ? valueAt((value as Readonly<Record<string, unknown>>)[step.member], rest)
    : undefined;
}
