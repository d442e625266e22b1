/**
 * Why an invocation failed, as a segment tells it: from the payload that its caller gets, in which
 * the runtimes of Node and Python tell their stacks.
 */
import type { InvocationResult } from '../../core/invocation.ts';

export interface SegmentCause {
  readonly working_directory: string;
  readonly paths: readonly string[];
  readonly exceptions: readonly SegmentException[];
}

interface SegmentException {
  readonly id: string;
  readonly type: string;
  readonly message: string;
  readonly remote: boolean;
  readonly stack: readonly StackFrame[];
}

interface StackFrame {
  readonly path: string;
  readonly line: number;
  readonly label: string;
}

/** A segment is 64 KB at most, and has it twice; of a larger one only the beginnings are told. */
const CAUSE_BYTES = 24_000;
const MESSAGE_CHARACTERS = 4_096;
const BEGINNING_CHARACTERS = 512;
const FRAMES = 50;
const FRAME_CHARACTERS = 200;
/** Larger payloads are not read: an error's is small. */
const PAYLOAD_BYTES = 262_144;

/** Undefined for one that succeeded. */
export function causeOf(
  { outcome, payload }: Pick<InvocationResult, 'outcome' | 'payload'>,
  id: string,
): SegmentCause | undefined {
  if (outcome.kind === 'succeeded') return undefined;
  const told = errorOf(payload);
  const type = textOf(
    told['errorType'] ?? ('errorType' in outcome ? outcome.errorType : outcome.kind),
  );
  const message = textOf(told['errorMessage'] ?? '').slice(0, MESSAGE_CHARACTERS);
  const cause = written(id, type, message, stackOf(told['trace'] ?? told['stackTrace']));
  if (Buffer.byteLength(JSON.stringify(cause)) <= CAUSE_BYTES) return cause;
  const beginning = (text: string): string => text.slice(0, BEGINNING_CHARACTERS);
  return written(id, beginning(type), beginning(message), []);
}

function written(
  id: string,
  type: string,
  message: string,
  stack: readonly StackFrame[],
): SegmentCause {
  return {
    working_directory: '/var/task',
    paths: [...new Set(stack.map(({ path }) => path))],
    exceptions: [{ id, type, message, remote: false, stack }],
  };
}

function errorOf(payload: Uint8Array): Readonly<Record<string, unknown>> {
  if (payload.length > PAYLOAD_BYTES) return {};
  try {
    const value: unknown = JSON.parse(Buffer.from(payload).toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // A function may answer anything as its error.
    return {};
  }
}

/** `    at Runtime.handler (file:///var/task/index.mjs:3:11)`, or without a label and its brackets. */
const nodeFrame = /^\s*at (?:(.{0,200}?) \()?(?:file:\/\/)?(\/[^\s:()]+):(\d{1,9})(?::\d+)?\)?$/;
/** `  File "/var/task/index.py", line 3, in handler` and its source. */
const pythonFrame = /^\s*File "([^"\n]+)", line (\d{1,9}), in ([^\n]+)/;

function stackOf(told: unknown): readonly StackFrame[] {
  if (!Array.isArray(told)) return [];
  return (told as readonly unknown[]).slice(0, FRAMES).flatMap((each) => {
    if (typeof each !== 'string') return [];
    const [, label = 'anonymous', path, line] = nodeFrame.exec(each) ?? [];
    if (path !== undefined) return [frameOf(path, line, label)];
    const [, file, number, name = ''] = pythonFrame.exec(each) ?? [];
    return file === undefined ? [] : [frameOf(file, number, name)];
  });
}

function frameOf(path: string, line: string | undefined, label: string): StackFrame {
  const short = (text: string): string => text.slice(0, FRAME_CHARACTERS);
  return { path: short(path), line: Number(line), label: short(label) };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
