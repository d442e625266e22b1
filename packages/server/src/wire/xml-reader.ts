/**
 * The XML bodies of restXml requests. The parser knows elements, text, character references and
 * CDATA; attributes are skipped but for `type`, and a document type is refused (nothing of AWS has
 * one, and its entities are how small documents become large). What was parsed is read along the
 * shape, so elements that the shape does not know cost nothing more.
 */
import { AwsError } from '../core/aws-error.ts';
import type { ListShape, Member, Shape, StructureShape } from './shape.ts';
import { readText } from './text-value.ts';

export interface XmlElement {
  /** Without its namespace's prefix. */
  readonly name: string;
  readonly children: XmlElement[];
  readonly attributes: ReadonlyMap<string, string>;
  text: string;
}

/** AWS's answer to every document that it cannot read. */
export function malformedXml(cause?: unknown): AwsError {
  const message =
    'The XML you provided was not well-formed or did not validate against our published schema';
  return new AwsError('MalformedXML', 400, message, { cause });
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** The root element. Throws MalformedXML. */
export function parseXml(bytes: Uint8Array): XmlElement {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch (error) {
    throw malformedXml(error);
  }
  return parseText(text);
}

/** Deeper than any document of S3. */
const DEEPEST = 32;
const token =
  /<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\/([^\s>]+)\s*>|<([A-Za-z_][^\s/>]*)((?:\s+[^\s=/>]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|[^<]+/y;

function parseText(text: string): XmlElement {
  const top: XmlElement = { name: '', children: [], attributes: new Map(), text: '' };
  const open: XmlElement[] = [top];
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const found = token.exec(text);
    if (found === null) throw malformedXml();
    step(open, found);
  }
  const [root, ...more] = top.children;
  if (root === undefined || more.length > 0 || open.length !== 1) throw malformedXml();
  if (top.text.trim() !== '') throw malformedXml();
  return root;
}

function step(open: XmlElement[], found: RegExpExecArray): void {
  const [whole, cdata, closing, opening, attributes = '', slash] = found;
  const parent = open.at(-1);
  if (parent === undefined) throw malformedXml();
  if (opening !== undefined) {
    const element: XmlElement = {
      name: localName(opening),
      children: [],
      attributes: readAttributes(attributes),
      text: '',
    };
    parent.children.push(element);
    if (slash !== '/') open.push(element);
    if (open.length > DEEPEST) throw malformedXml();
  } else if (closing !== undefined) {
    if (open.length === 1 || parent.name !== localName(closing)) throw malformedXml();
    open.pop();
  } else if (cdata !== undefined) parent.text += cdata;
  else if (!whole.startsWith('<')) parent.text += unescapeText(whole);
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function readAttributes(text: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = '', , double, single] of text.matchAll(
    /([^\s=]+)\s*=\s*("([^"]*)"|'([^']*)')/g,
  )) {
    attributes.set(localName(name), unescapeText(double ?? single ?? ''));
  }
  return attributes;
}

const named: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

function unescapeText(text: string): string {
  if (!text.includes('&')) return text;
  return text.replaceAll(/&([^;&]*;?)/g, (_all, reference: string) => {
    const body = reference.slice(0, -1);
    const known = named[body];
    if (reference.endsWith(';') && known !== undefined) return known;
    const digits = /^#(?:x([0-9A-Fa-f]{1,6})|(\d{1,7}));$/.exec(reference);
    const code =
      digits === null
        ? Number.NaN
        : Number.parseInt(digits[1] ?? digits[2] ?? '', digits[1] ? 16 : 10);
    if (Number.isNaN(code) || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
      throw malformedXml();
    }
    return String.fromCodePoint(code);
  });
}

/** An element's content as a structure. Throws MalformedXML for values of the wrong kind. */
export function readXmlStructure(
  shape: StructureShape,
  element: XmlElement,
): Record<string, unknown> {
  const structure: Record<string, unknown> = {};
  for (const member of shape.members) {
    const value = readMember(member, element);
    if (value !== undefined) structure[member.name] = value;
  }
  return structure;
}

function readMember(member: Member, parent: XmlElement): unknown {
  const name = member.traits.xmlName ?? member.name;
  if (member.traits.isXmlAttribute) return parent.attributes.get(localName(name));
  const found = parent.children.filter((each) => each.name === name);
  const [first] = found;
  if (first === undefined) return undefined;
  const { shape } = member;
  if (shape.kind === 'list') {
    return readList(shape, member.traits.isFlattened ? found : elementsOf(shape, first));
  }
  if (found.length > 1) throw malformedXml();
  return readValue(shape, first);
}

function elementsOf(shape: ListShape, list: XmlElement): readonly XmlElement[] {
  const name = shape.element.traits.xmlName ?? 'member';
  return list.children.filter((each) => each.name === name);
}

function readList(shape: ListShape, elements: readonly XmlElement[]): unknown[] {
  return elements.map((each) => readValue(shape.element.shape, each));
}

function readValue(shape: Shape, element: XmlElement): unknown {
  if (shape.kind === 'structure') return readXmlStructure(shape, element);
  if (shape.kind === 'list') return readList(shape, elementsOf(shape, element));
  if (shape.kind === 'map' || element.children.length > 0) throw malformedXml();
  try {
    // White space is part of a key and of nothing else.
    return readText(shape, shape.kind === 'string' ? element.text : element.text.trim());
  } catch (error) {
    throw malformedXml(error);
  }
}
