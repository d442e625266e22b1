/**
 * FilterCriteria: patterns of EventBridge's language, of which a record must match one. What a
 * producer has sent (the body of a message) is matched as the JSON that it is, or as text.
 *
 * AWS (invocation-eventfiltering): a pattern for JSON never matches text, and one for text never
 * JSON, whatever else they ask for.
 */
import { parseEventPattern, type EventPattern } from '../core/event-pattern/event-pattern.ts';

export interface RecordFilter {
  /** Undefined: everything is let through, and records need not be read. */
  readonly accepts: ((record: FilteredRecord) => boolean) | undefined;
}

/** A record with its metadata; `content` names the member that holds what was sent, as text. */
export interface FilteredRecord {
  readonly content: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Refuses what is no pattern with `InvalidEventPattern`. */
export function createRecordFilter(patterns: readonly string[]): RecordFilter {
  if (patterns.length === 0) return { accepts: undefined };
  const compiled = patterns.map(compile);
  return { accepts: (record) => compiled.some((each) => matches(each, record)) };
}

interface CompiledPattern {
  readonly pattern: EventPattern;
  readonly parsed: Readonly<Record<string, unknown>>;
}

function compile(text: string): CompiledPattern {
  const pattern = parseEventPattern(text);
  return { pattern, parsed: JSON.parse(text) as Record<string, unknown> };
}

function matches({ pattern, parsed }: CompiledPattern, record: FilteredRecord): boolean {
  const { content, fields } = record;
  const asked = Object.hasOwn(parsed, content) ? parsed[content] : undefined;
  if (asked === undefined) return pattern.matches(fields);
  const text = fields[content];
  const value = typeof text === 'string' ? parseObject(text) : undefined;
  // A list asks for text, an object for JSON.
  const isJson = value !== undefined;
  if (isJson === Array.isArray(asked)) return false;
  return pattern.matches(isJson ? { ...fields, [content]: value } : fields);
}

/** Undefined for what is not a JSON object. */
function parseObject(text: string): object | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}
