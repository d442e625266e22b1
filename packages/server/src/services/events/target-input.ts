/**
 * What a target is sent: the event, a part of it, a constant, or a template filled from it.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
import type { BusEvent } from './bus-event.ts';
import { parseJsonPath, valueAt } from './json-path.ts';
import type { InputTransformer, RuleTarget } from './rule-record.ts';

export interface Occasion {
  readonly ruleArn: string;
  readonly ruleName: string;
  readonly event: BusEvent;
  /** As it was put. */
  readonly text?: string | undefined;
  /** When it came, as ISO 8601. */
  readonly receivedAt: string;
}

export function targetInput(target: RuleTarget, occasion: Occasion): string {
  if (target.input !== undefined) return target.input;
  if (target.transformer !== undefined) return fill(target.transformer, occasion);
  if (target.inputPath === undefined && occasion.text !== undefined) return occasion.text;
  // AWS: what a path does not find is sent as null.
  const path = parseJsonPath(target.inputPath ?? '$') ?? [];
  return JSON.stringify(valueAt(occasion.event, path) ?? null);
}

const predefined: Readonly<Record<string, (occasion: Occasion) => unknown>> = {
  'aws.events.rule-arn': ({ ruleArn }) => ruleArn,
  'aws.events.rule-name': ({ ruleName }) => ruleName,
  'aws.events.event.ingestion-time': ({ receivedAt }) => receivedAt,
  'aws.events.event': ({ event }) => ({ ...event, detail: undefined }),
  'aws.events.event.json': ({ event }) => event,
};

/** A variable of the template that nothing defines; undefined where there is none. */
export function undefinedVariable({ template, paths }: InputTransformer): string | undefined {
  return [...template.matchAll(variable)]
    .map(([, name = '']) => name)
    .find((name) => !Object.hasOwn(paths, name) && !Object.hasOwn(predefined, name));
}

export function isPredefined(name: string): boolean {
  return name.toLowerCase().startsWith('aws.');
}

const variable = /<([\w.-]+)>/g;

/**
 * Inside a JSON string a variable becomes its text, elsewhere its JSON. What is not in the event is
 * the empty text.
 */
function fill({ paths, template }: InputTransformer, occasion: Occasion): string {
  const valueOf = (name: string): unknown => {
    const own = predefined[name];
    if (own !== undefined) return own(occasion);
    return valueAt(occasion.event, parseJsonPath(paths[name] ?? '') ?? []) ?? '';
  };
  let isInString = false;
  return template.replaceAll(/\\.|"|<([\w.-]+)>/gs, (found, name: string | undefined) => {
    if (name !== undefined)
      return isInString ? textOf(valueOf(name)) : JSON.stringify(valueOf(name));
    if (found === '"') isInString = !isInString;
    return found;
  });
}

/** As it can stand between the quotes of a JSON string. */
function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return JSON.stringify(text).slice(1, -1);
}
