/**
 * An output as the XML of awsQuery and restXml, one compiled function a shape: a page of S3's
 * listings has a thousand structures, and asking each member what it is costs more than its text.
 */
import { isInBody } from './rest-input.ts';
import type { ListShape, MapShape, Member, Shape, StructureShape } from './shape.ts';
import { writeText } from './text-value.ts';
import { xmlText } from './xml-text.ts';

/** The members of a structure, one element after the other. */
export function xmlMembers(shape: StructureShape, value: object): string {
  return contentWriter(shape)(value);
}

export function xmlElement(name: string, content: string): string {
  return content === '' ? `<${name}/>` : `<${name}>${content}</${name}>`;
}

/** What stands between the tags of an element. */
type WriteContent = (value: unknown) => string;

const compiled = new WeakMap<Shape, WriteContent>();

function contentWriter(shape: Shape): WriteContent {
  const earlier = compiled.get(shape);
  if (earlier !== undefined) return earlier;
  const writer = compile(shape);
  compiled.set(shape, writer);
  return writer;
}

function compile(shape: Shape): WriteContent {
  switch (shape.kind) {
    case 'structure':
      return structureWriter(shape);
    case 'list':
      return listWriter(shape, () => shape.element.traits.xmlName ?? 'member');
    case 'map':
      return mapWriter(shape, 'entry');
    case 'string':
    case 'document':
      return (value) => xmlText(String(value));
    case 'number':
    case 'boolean':
    case 'timestamp':
    case 'blob':
      // Their texts have nothing that XML must not see.
      return (value) => writeText(shape, value, 'date-time');
  }
}

interface Field {
  readonly name: string;
  readonly write: WriteContent;
}

/**
 * Of the members that are elements: those of an output may be headers instead. Compiled on first
 * use: a structure may have itself as a member.
 */
function structureWriter(shape: StructureShape): WriteContent {
  let fields: readonly Field[] | undefined;
  return (value) => {
    fields ??= shape.members
      .filter((member) => isInBody(member) && !member.traits.isXmlAttribute)
      .map((member) => ({ name: member.name, write: elementWriter(member) }));
    const values = value as Readonly<Record<string, unknown>>;
    let text = '';
    for (const { name, write } of fields) {
      const each = values[name];
      if (each !== undefined && each !== null) text += write(each);
    }
    return text;
  };
}

/** A member with its tags; of a flattened one, each of its elements with them. */
function elementWriter({ name: ownName, shape, traits }: Member): WriteContent {
  const name = traits.xmlName ?? ownName;
  if (traits.isFlattened && shape.kind === 'list') return listWriter(shape, () => name);
  if (traits.isFlattened && shape.kind === 'map') return mapWriter(shape, name);
  const write = contentWriter(shape);
  if (shape.kind !== 'structure') return (value) => xmlElement(name, write(value));
  const attributes = attributeWriter(shape);
  return (value) => {
    const [attribute, content] = [attributes(value), write(value)];
    return attribute === ''
      ? xmlElement(name, content)
      : `<${name}${attribute}>${content}</${name}>`;
  };
}

/** The one structure that has an attribute is S3's Grantee, whose type is one of XML Schema's. */
function attributeWriter(shape: StructureShape): WriteContent {
  let attributes: readonly Member[] | undefined;
  return (value) => {
    attributes ??= shape.members.filter(({ traits }) => traits.isXmlAttribute);
    const [attribute] = attributes;
    if (attribute === undefined) return '';
    const text = (value as Readonly<Record<string, unknown>>)[attribute.name];
    if (text === undefined) return '';
    const name = attribute.traits.xmlName ?? attribute.name;
    const namespace = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
    return ` ${namespace} ${name}="${xmlText(String(text))}"`;
  };
}

function listWriter(shape: ListShape, nameOf: () => string): WriteContent {
  let element: Field | undefined;
  return (value) => {
    const { name, write } = (element ??= {
      name: nameOf(),
      write: contentWriter(shape.element.shape),
    });
    let text = '';
    for (const each of value as readonly unknown[]) {
      if (each !== undefined && each !== null) text += xmlElement(name, write(each));
    }
    return text;
  };
}

function mapWriter(shape: MapShape, name: string): WriteContent {
  return (value) => {
    const keyName = shape.key.traits.xmlName ?? 'key';
    const valueName = shape.value.traits.xmlName ?? 'value';
    const write = contentWriter(shape.value.shape);
    let text = '';
    for (const [key, each] of Object.entries(value as Record<string, unknown>)) {
      if (each === undefined || each === null) continue;
      text += xmlElement(
        name,
        xmlElement(keyName, xmlText(key)) + xmlElement(valueName, write(each)),
      );
    }
    return text;
  };
}
