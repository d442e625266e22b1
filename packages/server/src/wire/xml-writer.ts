/** An output as the XML of awsQuery, along its shape. */
import type { ListShape, MapShape, Member, Shape, StructureShape } from './shape.ts';
import { writeText } from './text-value.ts';
import { xmlText } from './xml-text.ts';

/** The members of a structure, one element after the other. */
export function xmlMembers(shape: StructureShape, value: object): string {
  const values = value as Readonly<Record<string, unknown>>;
  return shape.members
    .filter((member) => !member.traits.isXmlAttribute)
    .map((member) => memberXml(member, values[member.name]))
    .join('');
}

export function xmlElement(name: string, content: string): string {
  return content === '' ? `<${name}/>` : `<${name}>${content}</${name}>`;
}

function memberXml(member: Member, value: unknown): string {
  if (value === undefined || value === null) return '';
  const name = member.traits.xmlName ?? member.name;
  const { shape } = member;
  if (member.traits.isFlattened && shape.kind === 'list') return elementsXml(shape, name, value);
  if (member.traits.isFlattened && shape.kind === 'map') return entriesXml(shape, name, value);
  const content = contentXml(shape, value);
  const attributes = shape.kind === 'structure' ? attributesXml(shape, value) : '';
  return attributes === ''
    ? xmlElement(name, content)
    : `<${name}${attributes}>${content}</${name}>`;
}

/** The one structure that has an attribute is S3's Grantee, whose type is one of XML Schema's. */
function attributesXml(shape: StructureShape, value: object): string {
  const values = value as Readonly<Record<string, unknown>>;
  const member = shape.members.find((each) => each.traits.isXmlAttribute);
  const text = member === undefined ? undefined : values[member.name];
  if (text === undefined) return '';
  const name = member?.traits.xmlName ?? member?.name;
  const namespace = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
  return ` ${namespace} ${name}="${xmlText(String(text))}"`;
}

function contentXml(shape: Shape, value: unknown): string {
  switch (shape.kind) {
    case 'structure':
      return xmlMembers(shape, value as object);
    case 'list':
      return elementsXml(shape, shape.element.traits.xmlName ?? 'member', value);
    case 'map':
      return entriesXml(shape, 'entry', value);
    case 'string':
    case 'number':
    case 'boolean':
    case 'timestamp':
    case 'blob':
    case 'document':
      return xmlText(writeText(shape, value, 'date-time'));
  }
}

function elementsXml(shape: ListShape, name: string, value: unknown): string {
  return (value as readonly unknown[])
    .filter((each) => each !== undefined && each !== null)
    .map((each) => xmlElement(name, contentXml(shape.element.shape, each)))
    .join('');
}

function entriesXml(shape: MapShape, name: string, value: unknown): string {
  const keyName = shape.key.traits.xmlName ?? 'key';
  const valueName = shape.value.traits.xmlName ?? 'value';
  return Object.entries(value as Record<string, unknown>)
    .filter(([, each]) => each !== undefined && each !== null)
    .map(([key, each]) => {
      const content = contentXml(shape.value.shape, each);
      return xmlElement(name, xmlElement(keyName, xmlText(key)) + xmlElement(valueName, content));
    })
    .join('');
}
