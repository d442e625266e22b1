/**
 * From an operation's output to what `JSON.stringify` writes, one compiled function a shape.
 * Only members of the shape are written; absent ones are left out.
 */
import type { Shape, StructureShape } from './shape.ts';
import { formatTimestamp } from './timestamp.ts';

export type WriteJson = (value: unknown) => unknown;

const compiled = new WeakMap<Shape, WriteJson>();

export function jsonWriter(shape: Shape): WriteJson {
  const earlier = compiled.get(shape);
  if (earlier !== undefined) return earlier;
  const writer = compile(shape);
  compiled.set(shape, writer);
  return writer;
}

function compile(shape: Shape): WriteJson {
  switch (shape.kind) {
    case 'string':
    case 'boolean':
    case 'document':
      return (value) => value;
    case 'number':
      return (value) => (Number.isFinite(value) ? value : String(value));
    case 'blob':
      return (value) => base64Of(value);
    case 'timestamp':
      return (value) => writeTimestamp(value, shape.format);
    case 'list':
      return (value) => (value as readonly unknown[]).map((each) => writeElement(shape, each));
    case 'map':
      return (value) => writeMap(shape.value.shape, value as Record<string, unknown>);
    case 'structure':
      return structureWriter(shape);
  }
}

function writeTimestamp(value: unknown, format: string | undefined): unknown {
  if (format === undefined || format === 'epoch-seconds') {
    return Number(formatTimestamp(value, 'epoch-seconds'));
  }
  return formatTimestamp(value, format === 'http-date' ? 'http-date' : 'date-time');
}

function writeElement(list: Extract<Shape, { kind: 'list' }>, value: unknown): unknown {
  return value === null || value === undefined ? null : jsonWriter(list.element.shape)(value);
}

function writeMap(shape: Shape, value: Record<string, unknown>): unknown {
  const write = jsonWriter(shape);
  const map = Object.create(null) as Record<string, unknown>;
  for (const [key, each] of Object.entries(value)) {
    if (each !== undefined) map[key] = each === null ? null : write(each);
  }
  return map;
}

function structureWriter(shape: StructureShape): WriteJson {
  let fields: readonly Field[] | undefined;
  return (value) => {
    fields ??= shape.members.map((member) => ({
      name: member.name,
      key: member.traits.jsonName ?? member.name,
      write: jsonWriter(member.shape),
    }));
    const source = value as Readonly<Record<string, unknown>>;
    const written: Record<string, unknown> = {};
    for (const { name, key, write } of fields) {
      const each = source[name];
      if (each !== undefined) written[key] = each === null ? null : write(each);
    }
    return written;
  };
}

interface Field {
  readonly name: string;
  readonly key: string;
  readonly write: WriteJson;
}

function base64Of(value: unknown): string {
  const bytes = typeof value === 'string' ? Buffer.from(value) : (value as Uint8Array);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
