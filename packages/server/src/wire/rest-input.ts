/**
 * A restJson1 request to an operation's input: labels, query, headers, and the body as JSON or,
 * where a member is the payload, as it came. Compiled once for each operation.
 */
import { remembered } from '../lib/remembered.ts';
import { jsonReader } from './json-reader.ts';
import { parseJsonObject } from './parse-json.ts';
import { percentDecode } from './percent.ts';
import { parseQuery, type QueryPair } from './query-string.ts';
import type { RawRequest } from './raw-message.ts';
import { labelsOf, routeOf, splitPath, type Route } from './rest-routes.ts';
import { serializationError } from './serialization-error.ts';
import type { OperationModel } from './service-model.ts';
import type { Member } from './shape.ts';
import { readText } from './text-value.ts';

export type ReadInput = (request: RawRequest) => object;

type Input = Record<string, unknown>;

export function compileRestInput(operation: OperationModel): ReadInput {
  const { members } = operation.input;
  const route = routeOf(operation);
  const labels = members.filter((each) => each.traits.isLabel);
  const headers = members.filter((each) => each.traits.header !== undefined);
  const prefixed = members.filter((each) => each.traits.prefixHeaders !== undefined);
  const query = members.filter((each) => each.traits.query !== undefined);
  const readBody = compileBody(members);
  const labelsIn =
    route === undefined || labels.length === 0
      ? undefined
      : remembered((path) => readLabels(route, labels, path));
  return (request) => {
    const input: Input = { ...labelsIn?.(request.path) };
    if (query.length > 0) readQuery(input, query, request.query);
    for (const member of headers) readHeader(input, member, request.headers);
    for (const member of prefixed) readPrefixed(input, member, request.headers);
    readBody(input, request.body);
    return input;
  };
}

function readLabels(route: Route, members: readonly Member[], path: string): Readonly<Input> {
  const input: Input = {};
  const texts = labelsOf(route, splitPath(path)) ?? [];
  const names = route.segments.filter((each) => each.kind === 'label').map((each) => each.name);
  for (const member of members) {
    const text = texts[names.indexOf(member.name)];
    const decoded = text === undefined ? undefined : percentDecode(text);
    if (decoded === undefined) throw serializationError('The path has an invalid escape sequence.');
    input[member.name] = readText(member.shape, decoded);
  }
  return input;
}

export function readQuery(input: Input, members: readonly Member[], query: string): void {
  const pairs = parseQuery(query);
  if (pairs.length === 0) return;
  for (const member of members) {
    const value = queryValue(member, pairs);
    if (value !== undefined) input[member.name] = value;
  }
}

function queryValue(member: Member, pairs: readonly QueryPair[]): unknown {
  const given = pairs.filter(([name]) => name === member.traits.query);
  if (given.length === 0) return undefined;
  const { shape } = member;
  if (shape.kind === 'list') return given.map(([, text]) => readText(shape.element.shape, text));
  return readText(shape, given[0]?.[1] ?? '');
}

export function readHeader(input: Input, member: Member, headers: RawRequest['headers']): void {
  const name = member.traits.header ?? '';
  const text = Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (text === undefined || text === '') return;
  const { shape } = member;
  input[member.name] =
    shape.kind === 'list'
      ? text.split(',').map((part) => readText(shape.element.shape, part.trim()))
      : readText(shape, text.trim());
}

export function readPrefixed(input: Input, member: Member, headers: RawRequest['headers']): void {
  const prefix = member.traits.prefixHeaders ?? '';
  const map = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(prefix)) map[name.slice(prefix.length)] = value;
  }
  if (Object.keys(map).length > 0) input[member.name] = map;
}

function compileBody(members: readonly Member[]): (input: Input, body: Uint8Array) => void {
  const payload = members.find((each) => each.traits.isPayload);
  if (payload !== undefined) return (input, body) => readPayload(input, payload, body);
  const inBody = members.filter(isInBody);
  if (inBody.length === 0) return () => {};
  const fields = inBody.map((member) => ({
    name: member.name,
    key: member.traits.jsonName ?? member.name,
    read: jsonReader(member.shape),
  }));
  return (input, body) => {
    const document = parseJsonObject(body);
    for (const { name, key, read } of fields) {
      const value = Object.hasOwn(document, key) ? document[key] : undefined;
      if (value !== undefined && value !== null) input[name] = read(value);
    }
  };
}

/** A blob is handed on as it came, neither parsed nor copied. */
function readPayload(input: Input, member: Member, body: Uint8Array): void {
  if (body.byteLength === 0) return;
  const isBlob = member.shape.kind === 'blob';
  input[member.name] = isBlob ? body : jsonReader(member.shape)(parseJsonObject(body));
}

export function isInBody(member: Member): boolean {
  const { isLabel, isPayload, isResponseCode, header, prefixHeaders, query } = member.traits;
  const isElsewhere = header !== undefined || prefixHeaders !== undefined || query !== undefined;
  return !isElsewhere && !isLabel && !isPayload && !isResponseCode;
}
