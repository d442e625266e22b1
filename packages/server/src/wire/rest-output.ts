/**
 * An operation's output to a restJson1 answer. Compiled once for each operation; a blob payload
 * becomes the body as it is.
 */
import {
  compileEvents,
  encodeEvents,
  EVENT_STREAM_TYPE,
  type StreamedEvent,
} from './event-stream.ts';
import { jsonWriter } from './json-writer.ts';
import type { RawResponse } from './raw-message.ts';
import { isInBody } from './rest-input.ts';
import type { OperationModel } from './service-model.ts';
import type { Member, StructureShape } from './shape.ts';
import { writeText } from './text-value.ts';

export type WriteOutput = (output: object, requestId: string) => RawResponse;

type Output = Readonly<Record<string, unknown>>;

const noBody = new Uint8Array(0);

export function compileRestOutput(operation: OperationModel): WriteOutput {
  const { members } = operation.output;
  const headers = members.filter((each) => each.traits.header !== undefined);
  const codeMember = members.find((each) => each.traits.isResponseCode);
  const declared = operation.http?.status ?? 200;
  const stream = members.find(isEventStream);
  const bodyOf = stream === undefined ? compileBody(operation.output) : () => noBody;
  const chunksOf = stream === undefined ? undefined : compileStream(stream);
  return (output, requestId) => {
    const values = output as Output;
    const code = codeMember === undefined ? undefined : values[codeMember.name];
    const status = typeof code === 'number' ? code : declared;
    const body = status === 204 ? noBody : bodyOf(values);
    const written: Record<string, string> = { 'x-amzn-RequestId': requestId };
    if (body.byteLength > 0) written['content-type'] = 'application/json';
    const chunks = chunksOf?.(values);
    if (chunks !== undefined) written['content-type'] = EVENT_STREAM_TYPE;
    for (const member of headers) writeHeader(written, member, values[member.name]);
    return { status, headers: written, body, ...(chunks === undefined ? {} : { chunks }) };
  };
}

function isEventStream({ shape, traits }: Member): boolean {
  return traits.isPayload && shape.kind === 'structure' && shape.isEventStream;
}

/** Undefined where the output has no stream, as for a DryRun. */
function compileStream({
  name,
  shape,
}: Member): (output: Output) => AsyncIterable<Uint8Array> | undefined {
  const encode = compileEvents(shape as StructureShape);
  return (output) => {
    const events = output[name] as AsyncIterable<StreamedEvent> | undefined;
    return events === undefined ? undefined : encodeEvents(events, encode);
  };
}

function compileBody(shape: StructureShape): (output: Output) => Uint8Array {
  const payload = shape.members.find((each) => each.traits.isPayload);
  if (payload !== undefined) return (output) => payloadOf(payload, output[payload.name]);
  const fields = shape.members.filter(isInBody).map((member) => ({
    name: member.name,
    key: member.traits.jsonName ?? member.name,
    write: jsonWriter(member.shape),
  }));
  if (shape.members.length === 0) return () => noBody;
  return (output) => {
    const document: Record<string, unknown> = {};
    for (const { name, key, write } of fields) {
      const value = output[name];
      if (value !== undefined) document[key] = value === null ? null : write(value);
    }
    return Buffer.from(JSON.stringify(document));
  };
}

function payloadOf(member: Member, value: unknown): Uint8Array {
  if (value === undefined || value === null) return noBody;
  if (member.shape.kind === 'blob') return value as Uint8Array;
  return Buffer.from(JSON.stringify(jsonWriter(member.shape)(value)));
}

function writeHeader(headers: Record<string, string>, member: Member, value: unknown): void {
  if (value === undefined || value === null) return;
  const name = member.traits.header ?? '';
  const { shape } = member;
  headers[name] = Array.isArray(value)
    ? value.map((each) => writeText(shape, each, 'http-date')).join(', ')
    : writeText(shape, value, 'http-date');
}
