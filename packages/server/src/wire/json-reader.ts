/**
 * From parsed JSON to an operation's input, one compiled function a shape. Members that the
 * shape does not know are left out; a null member is an absent one; a value of the wrong type is
 * a SerializationException. Null elements of lists and maps stay for the constraints to refuse.
 */
import { readBase64 } from './base64.ts';
import { serializationError } from './serialization-error.ts';
import type { ListShape, MapShape, Shape, StructureShape } from './shape.ts';
import { parseTimestamp } from './timestamp.ts';

export type ReadJson = (value: unknown) => unknown;

const compiled = new WeakMap<Shape, ReadJson>();

export function jsonReader(shape: Shape): ReadJson {
  const earlier = compiled.get(shape);
  if (earlier !== undefined) return earlier;
  const reader = compile(shape);
  compiled.set(shape, reader);
  return reader;
}

function compile(shape: Shape): ReadJson {
  switch (shape.kind) {
    case 'string':
      return readString;
    case 'number':
      return readNumber;
    case 'boolean':
      return readBoolean;
    case 'document':
      return (value) => value;
    case 'blob':
      return (value) => readBase64(readString(value));
    case 'timestamp':
      return readTimestamp;
    case 'list':
      return listReader(shape);
    case 'map':
      return mapReader(shape);
    case 'structure':
      return structureReader(shape);
  }
}

function readString(value: unknown): string {
  if (typeof value !== 'string') throw mismatch(value, 'a String');
  return value;
}

function readNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
  throw mismatch(value, 'an Integer');
}

function readBoolean(value: unknown): boolean {
  if (typeof value !== 'boolean') throw mismatch(value, 'a Boolean');
  return value;
}

function readTimestamp(value: unknown): Date {
  const isText = typeof value === 'number' || typeof value === 'string';
  const date = isText ? parseTimestamp(value) : undefined;
  if (date === undefined) throw mismatch(value, 'a Timestamp');
  return date;
}

function listReader(shape: ListShape): ReadJson {
  let element: ReadJson | undefined;
  return (value) => {
    if (!Array.isArray(value)) throw serializationError('Expected list or null');
    element ??= jsonReader(shape.element.shape);
    const read = element;
    return value.map((each: unknown) => (each === null ? null : read(each)));
  };
}

function mapReader(shape: MapShape): ReadJson {
  let readValue: ReadJson | undefined;
  return (value) => {
    const entries = entriesOf(value);
    readValue ??= jsonReader(shape.value.shape);
    // Without a prototype: keys are the caller's, and `__proto__` is one like any other.
    const map = Object.create(null) as Record<string, unknown>;
    for (const [key, each] of entries) map[key] = each === null ? null : readValue(each);
    return map;
  };
}

function structureReader(shape: StructureShape): ReadJson {
  let fields: readonly Field[] | undefined;
  return (value) => {
    if (!isObject(value)) throw serializationError('Expected structure or null');
    fields ??= shape.members.map((member) => ({
      name: member.name,
      key: member.traits.jsonName ?? member.name,
      read: jsonReader(member.shape),
    }));
    const structure: Record<string, unknown> = {};
    for (const { name, key, read } of fields) {
      const each = Object.hasOwn(value, key) ? value[key] : undefined;
      if (each !== undefined && each !== null) structure[name] = read(each);
    }
    return structure;
  };
}

interface Field {
  readonly name: string;
  readonly key: string;
  readonly read: ReadJson;
}

function entriesOf(value: unknown): [string, unknown][] {
  if (!isObject(value)) throw serializationError('Expected map or null');
  return Object.entries(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mismatch(value: unknown, wanted: string): Error {
  if (Array.isArray(value)) {
    return serializationError('Start of list found where not expected');
  }
  if (typeof value === 'object') {
    return serializationError('Start of structure or map found where not expected.');
  }
  return serializationError(`${tokenOf(value)} can not be converted to ${wanted}`);
}

function tokenOf(value: unknown): string {
  if (typeof value === 'string') return 'STRING_VALUE';
  if (typeof value === 'number') return 'NUMBER_VALUE';
  return value === true ? 'TRUE_VALUE' : 'FALSE_VALUE';
}
