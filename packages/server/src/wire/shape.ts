/**
 * The SDK's schemas as plain, typed shapes. The only file that knows `@smithy/core/schema`,
 * whose interface is young: an update of the SDK that changes it is felt here and nowhere else.
 *
 * A shape is made once for each schema and its members on first use, so loading a service of
 * two hundred operations costs no walk over its schemas.
 */
import { NormalizedSchema } from '@smithy/core/schema';

export type Shape =
  | { readonly kind: 'string' | 'number' | 'boolean' | 'document' }
  | BlobShape
  | TimestampShape
  | ListShape
  | MapShape
  | StructureShape;

export interface BlobShape {
  readonly kind: 'blob';
}

export type TimestampFormat = 'date-time' | 'http-date' | 'epoch-seconds';

export interface TimestampShape {
  readonly kind: 'timestamp';
  /** Undefined: the protocol's own default for the place it stands in. */
  readonly format: TimestampFormat | undefined;
}

export interface ListShape {
  readonly kind: 'list';
  /** Null stands for an absent element. */
  readonly isSparse: boolean;
  readonly element: Member;
}

export interface MapShape {
  readonly kind: 'map';
  readonly isSparse: boolean;
  readonly key: Member;
  readonly value: Member;
}

export interface StructureShape {
  readonly kind: 'structure';
  readonly name: string;
  /** A union of event types that is sent as a stream of messages. */
  readonly isEventStream: boolean;
  /** restXml: what the root element of a document is called where that is not the shape's name. */
  readonly xmlName: string | undefined;
  readonly members: readonly Member[];
}

export interface Member {
  readonly name: string;
  readonly shape: Shape;
  readonly isRequired: boolean;
  readonly traits: MemberTraits;
}

export interface MemberTraits {
  readonly isLabel: boolean;
  readonly isPayload: boolean;
  /** Of an event: its bytes are the message's own payload. */
  readonly isEventPayload: boolean;
  readonly isResponseCode: boolean;
  readonly isFlattened: boolean;
  readonly isXmlAttribute: boolean;
  /** Its values are shown to nobody, not even in an error. */
  readonly isSensitive: boolean;
  readonly header: string | undefined;
  readonly prefixHeaders: string | undefined;
  readonly query: string | undefined;
  readonly jsonName: string | undefined;
  readonly xmlName: string | undefined;
}

/** A schema as the SDK packages export it; only this file looks inside. */
export type SdkSchema = Parameters<typeof NormalizedSchema.of>[0];

const known = new WeakMap<object, Shape>();

export function shapeOf(schema: SdkSchema): Shape {
  const normalized = NormalizedSchema.of(schema);
  const inner: unknown = normalized.getSchema();
  // Recursive structures meet themselves again here.
  const identity = typeof inner === 'object' && inner !== null ? inner : undefined;
  const earlier = identity && known.get(identity);
  if (earlier !== undefined) return earlier;
  const shape = convert(normalized);
  if (identity !== undefined) known.set(identity, shape);
  return shape;
}

/** The traits an operation or error carries itself, such as `http` and `httpError`. */
export function traitsOf(schema: SdkSchema): Readonly<Record<string, unknown>> {
  return NormalizedSchema.of(schema).getMergedTraits();
}

const emptyStructure: StructureShape = {
  kind: 'structure',
  name: 'Unit',
  isEventStream: false,
  xmlName: undefined,
  members: [],
};

function convert(schema: NormalizedSchema): Shape {
  if (schema.isUnitSchema()) return emptyStructure;
  // Documents claim to be maps and lists too, so they come first.
  if (schema.isDocumentSchema()) return { kind: 'document' };
  if (schema.isStructSchema() || schema.isUnionSchema()) return structureOf(schema);
  if (schema.isListSchema()) return listOf(schema);
  if (schema.isMapSchema()) return mapOf(schema);
  if (schema.isBlobSchema()) return { kind: 'blob' };
  if (schema.isTimestampSchema()) return { kind: 'timestamp', format: formatOf(schema) };
  if (schema.isBooleanSchema()) return { kind: 'boolean' };
  if (schema.isStringSchema()) return { kind: 'string' };
  return { kind: 'number' };
}

function structureOf(schema: NormalizedSchema): StructureShape {
  let members: readonly Member[] | undefined;
  return {
    kind: 'structure',
    name: schema.getName() ?? '',
    isEventStream: schema.isUnionSchema() && schema.isStreaming(),
    xmlName: text(schema.getOwnTraits()['xmlName']),
    get members(): readonly Member[] {
      return (members ??= membersOf(schema));
    },
  };
}

/** Required members come first in a schema, and it says how many there are. */
const REQUIRED_COUNT = 6;

function membersOf(schema: NormalizedSchema): readonly Member[] {
  const raw = schema.getSchema() as unknown as readonly unknown[];
  const requiredCount = Number(raw[REQUIRED_COUNT] ?? 0);
  return [...schema.structIterator()].map(([name, member], index) =>
    memberOf(name, member, index < requiredCount),
  );
}

function listOf(schema: NormalizedSchema): ListShape {
  let element: Member | undefined;
  return {
    kind: 'list',
    isSparse: isSparse(schema),
    get element(): Member {
      return (element ??= memberOf('member', schema.getValueSchema(), false));
    },
  };
}

function mapOf(schema: NormalizedSchema): MapShape {
  let key: Member | undefined;
  let value: Member | undefined;
  return {
    kind: 'map',
    isSparse: isSparse(schema),
    get key(): Member {
      return (key ??= memberOf('key', schema.getKeySchema(), true));
    },
    get value(): Member {
      return (value ??= memberOf('value', schema.getValueSchema(), false));
    },
  };
}

function memberOf(name: string, schema: NormalizedSchema, isRequired: boolean): Member {
  const traits = schema.getMergedTraits() as Record<string, unknown>;
  let shape: Shape | undefined;
  return {
    name,
    isRequired,
    traits: {
      isLabel: traits['httpLabel'] === 1,
      isPayload: traits['httpPayload'] === 1,
      isEventPayload: traits['eventPayload'] === 1,
      isResponseCode: traits['httpResponseCode'] === 1,
      isFlattened: traits['xmlFlattened'] === 1,
      isXmlAttribute: traits['xmlAttribute'] === 1,
      isSensitive: traits['sensitive'] === 1,
      header: text(traits['httpHeader'])?.toLowerCase(),
      prefixHeaders: text(traits['httpPrefixHeaders'])?.toLowerCase(),
      query: text(traits['httpQuery']),
      jsonName: text(traits['jsonName']),
      xmlName: text(traits['xmlName']),
    },
    get shape(): Shape {
      return (shape ??= shapeOf(schema));
    },
  };
}

/** The last two bits of a timestamp's code name its format; zero leaves it to the protocol. */
function formatOf(schema: NormalizedSchema): TimestampFormat | undefined {
  const code = schema.getSchema() as unknown;
  const simple = Array.isArray(code) ? (code[4] as number) : (code as number);
  return ([undefined, 'date-time', 'http-date', 'epoch-seconds'] as const)[simple & 3];
}

function isSparse(schema: NormalizedSchema): boolean {
  return (schema.getOwnTraits() as Record<string, unknown>)['sparse'] === 1;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
