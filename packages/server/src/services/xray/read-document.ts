/**
 * Segment documents as they come in: what is no segment is told as unprocessed, in AWS's form, and
 * nothing of it is kept. What has passed here has the members that the rest of the room reads, of
 * the types that it reads them as.
 */
import { SEGMENT_DOCUMENT_BYTES } from '../../core/limits.ts';
import type { Segment } from './segment.ts';

export interface ReadDocument {
  readonly segment: Segment & { readonly trace_id: string };
  /** JSON. */
  readonly body: string;
}

export interface Unprocessed {
  readonly Id?: string;
  readonly ErrorCode: string;
  readonly Message: string;
}

/** `ParseError`, `MissingId`, ...: AWS documents InvalidTraceId; the others are named after it. */
class InvalidSegment extends Error {
  readonly code: string;
  constructor(code: string) {
    super(`Invalid segment. ErrorCode: ${code}`);
    this.code = code;
  }
}

/** AWS: a document is one segment, or an array of subsegments, each of which may be refused. */
export function readDocument(text: string): readonly (ReadDocument | Unprocessed)[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [unprocessed(value, new InvalidSegment('ParseError'))];
  }
  if (!Array.isArray(value)) return [readOne(value, text)];
  return value.map((each) => readOne(each, JSON.stringify(each)));
}

export function isRead(document: ReadDocument | Unprocessed): document is ReadDocument {
  return 'segment' in document;
}

function readOne(value: unknown, body: string): ReadDocument | Unprocessed {
  try {
    if (Buffer.byteLength(body) > SEGMENT_DOCUMENT_BYTES) {
      throw new InvalidSegment('SegmentTooLarge');
    }
    checkSegment(value);
    const traceId = textOf(value, 'trace_id', 'MissingTraceId');
    if (!traceIdForm.test(traceId)) throw new InvalidSegment('InvalidTraceId');
    if (value.type === 'subsegment' && value.parent_id === undefined) {
      throw new InvalidSegment('MissingParentId');
    }
    return { segment: { ...value, trace_id: traceId }, body };
  } catch (error) {
    if (!(error instanceof InvalidSegment)) throw error;
    return unprocessed(value, error);
  }
}

const traceIdForm = /^1-[0-9a-f]{8}-[0-9a-f]{24}$/i;
const idForm = /^[0-9a-f]{16}$/i;
/** Letters, numbers, spaces and these: `_.:/%&#=+\-@`; what AWS does with others is not known. */
const nameForm = /^[\p{L}\p{N}\p{Z}_.:/%&#=+\\\-@]{1,200}$/u;
/** Seconds since 1970, not milliseconds: the year 5138. */
const LATEST = 1e11;

function checkSegment(value: unknown): asserts value is Segment {
  if (!isObject(value)) throw new InvalidSegment('ParseError');
  if (!idForm.test(textOf(value, 'id', 'MissingId'))) throw new InvalidSegment('InvalidId');
  if (!nameForm.test(textOf(value, 'name', 'MissingName'))) throw new InvalidSegment('InvalidName');
  checkTime(value['start_time'] ?? fail('MissingStartTime'), 'InvalidStartTime');
  const isOver = value['end_time'] !== undefined;
  if (isOver) checkTime(value['end_time'], 'InvalidEndTime');
  else if (value['in_progress'] !== true) fail('MissingEndTime');
  checkMembers(value);
  const parts = value['subsegments'] ?? [];
  if (!Array.isArray(parts)) fail('InvalidSubsegments');
  for (const part of parts as readonly unknown[]) checkSegment(part);
}

function checkTime(value: unknown, code: string): void {
  if (typeof value !== 'number' || value < 0 || value > LATEST) fail(code);
}

const texts = ['parent_id', 'type', 'origin', 'namespace', 'user', 'resource_arn'];
const flags = ['fault', 'error', 'throttle', 'in_progress'];
const objects = ['aws', 'http', 'annotations'];

function checkMembers(value: Readonly<Record<string, unknown>>): void {
  const bad =
    texts.find((name) => value[name] !== undefined && typeof value[name] !== 'string') ??
    flags.find((name) => value[name] !== undefined && typeof value[name] !== 'boolean') ??
    objects.find((name) => value[name] !== undefined && !isObject(value[name]));
  if (bad !== undefined) fail('ParseError');
  const { request, response } = (value['http'] ?? {}) as Readonly<Record<string, unknown>>;
  for (const part of [request, response])
    if (part !== undefined && !isObject(part)) fail('ParseError');
  const parent = value['parent_id'];
  if (parent !== undefined && !idForm.test(String(parent))) fail('InvalidParentId');
}

function textOf(value: object, name: string, code: string): string {
  const text = (value as Readonly<Record<string, unknown>>)[name];
  return typeof text === 'string' && text !== '' ? text : fail(code);
}

function fail(code: string): never {
  throw new InvalidSegment(code);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unprocessed(value: unknown, { code, message }: InvalidSegment): Unprocessed {
  const id = isObject(value) && typeof value['id'] === 'string' ? value['id'] : undefined;
  return { ...(id === undefined ? {} : { Id: id }), ErrorCode: code, Message: message };
}
