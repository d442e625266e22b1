/** Why an invocation failed, as a segment tells it: from the payload that its caller gets. */
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
}

/** A segment is 64 KB at most, and has it twice. */
const MESSAGE_CHARACTERS = 4_096;
/** Larger payloads are not read: an error's is small. */
const PAYLOAD_BYTES = 262_144;

/** Undefined for one that succeeded. */
export function causeOf(
  { outcome, payload }: Pick<InvocationResult, 'outcome' | 'payload'>,
  id: string,
): SegmentCause | undefined {
  if (outcome.kind === 'succeeded') return undefined;
  const told = errorOf(payload);
  const type = told['errorType'] ?? ('errorType' in outcome ? outcome.errorType : outcome.kind);
  const message = told['errorMessage'] ?? '';
  const exception = { id, type: shown(type), message: shown(message), remote: false };
  return { working_directory: '/var/task', paths: [], exceptions: [exception] };
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

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text.slice(0, MESSAGE_CHARACTERS);
}
