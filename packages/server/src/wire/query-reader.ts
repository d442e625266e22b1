/**
 * A form body of awsQuery to an operation's input. Names are paths
 * (`Tags.member.1.Key`, `Attributes.entry.2.value`); they are first hung into a tree, which is
 * then read along the shape, so names that the shape does not know cost nothing more.
 */
import { serializationError } from './serialization-error.ts';
import type { QueryPair } from './query-string.ts';
import type { ListShape, MapShape, Member, Shape, StructureShape } from './shape.ts';
import { readText } from './text-value.ts';

interface Node {
  text: string | undefined;
  readonly children: Map<string, Node>;
}

/** Far deeper than any input of IAM or STS. */
const DEEPEST_NAME = 32;

export function readQueryInput(shape: StructureShape, pairs: readonly QueryPair[]): object {
  const root: Node = { text: undefined, children: new Map() };
  for (const [name, value] of pairs) hang(root, name, value);
  return readStructure(shape, root);
}

function hang(root: Node, name: string, value: string): void {
  const steps = name.split('.', DEEPEST_NAME + 1);
  if (steps.length > DEEPEST_NAME) throw serializationError('A parameter is nested too deeply.');
  let node = root;
  for (const step of steps) {
    let next = node.children.get(step);
    if (next === undefined) {
      next = { text: undefined, children: new Map() };
      node.children.set(step, next);
    }
    node = next;
  }
  // AWS: of a parameter that is given twice, the first counts.
  node.text ??= value;
}

function readStructure(shape: StructureShape, node: Node): Record<string, unknown> {
  const structure: Record<string, unknown> = {};
  for (const member of shape.members) {
    const child = node.children.get(member.traits.xmlName ?? member.name);
    if (child !== undefined) structure[member.name] = readValue(member.shape, child, member);
  }
  return structure;
}

function readValue(shape: Shape, node: Node, member: Member): unknown {
  switch (shape.kind) {
    case 'structure':
      return readStructure(shape, node);
    case 'list':
      return readList(shape, node, member);
    case 'map':
      return readMap(shape, node, member);
    case 'string':
    case 'number':
    case 'boolean':
    case 'timestamp':
    case 'blob':
    case 'document':
      return node.text === undefined ? unexpectedStructure() : readText(shape, node.text);
  }
}

function readList(shape: ListShape, node: Node, member: Member): unknown[] {
  const elements = member.traits.isFlattened ? node : elementsOf(node, shape.element);
  return inOrder(elements).map((each) => readValue(shape.element.shape, each, shape.element));
}

function readMap(shape: MapShape, node: Node, member: Member): Record<string, unknown> {
  const entries = member.traits.isFlattened ? node : node.children.get('entry');
  const map = Object.create(null) as Record<string, unknown>;
  for (const entry of inOrder(entries)) {
    const key = entry.children.get(shape.key.traits.xmlName ?? 'key');
    const value = entry.children.get(shape.value.traits.xmlName ?? 'value');
    if (key?.text === undefined) throw serializationError('A map entry has no key.');
    map[key.text] = value === undefined ? null : readValue(shape.value.shape, value, shape.value);
  }
  return map;
}

/** Elements stand under `member` (or their own name); some clients leave that step out. */
function elementsOf(node: Node, element: Member): Node {
  return node.children.get(element.traits.xmlName ?? 'member') ?? node;
}

function inOrder(node: Node | undefined): Node[] {
  if (node === undefined) return [];
  return [...node.children]
    .filter(([name]) => /^\d+$/.test(name))
    .sort(([left], [right]) => Number(left) - Number(right))
    .map(([, child]) => child);
}

function unexpectedStructure(): never {
  throw serializationError('Start of structure or map found where not expected.');
}
