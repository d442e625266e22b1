/** Scalars that travel as text: in labels, queries, headers and form bodies. */
import { readBase64 } from './base64.ts';
import { serializationError } from './serialization-error.ts';
import type { Shape, TimestampFormat } from './shape.ts';
import { formatTimestamp, parseTimestamp } from './timestamp.ts';

export function readText(shape: Shape, text: string): unknown {
  switch (shape.kind) {
    case 'string':
      return text;
    case 'number':
      return readNumber(text);
    case 'boolean':
      return readBoolean(text);
    case 'timestamp':
      return parseTimestamp(text) ?? fail('a Timestamp');
    case 'blob':
      return readBase64(text);
    case 'document':
    case 'list':
    case 'map':
    case 'structure':
      return fail('a structure');
  }
}

export function writeText(shape: Shape, value: unknown, format: TimestampFormat): string {
  if (shape.kind === 'timestamp') return formatTimestamp(value, shape.format ?? format);
  if (shape.kind === 'blob') return Buffer.from(value as Uint8Array).toString('base64');
  return String(value);
}

const numeric = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

function readNumber(text: string): number {
  if (numeric.test(text)) return Number(text);
  if (text === 'NaN' || text === 'Infinity' || text === '-Infinity') return Number(text);
  return fail('an Integer');
}

function readBoolean(text: string): boolean {
  // Python clients write True and False.
  const lower = text.toLowerCase();
  if (lower === 'true' || lower === 'false') return lower === 'true';
  return fail('a Boolean');
}

function fail(wanted: string): never {
  throw serializationError(`STRING_VALUE can not be converted to ${wanted}`);
}
