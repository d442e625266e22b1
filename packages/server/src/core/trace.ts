/**
 * The trace header as far as Lambda takes it apart (`Root=...;Parent=...;Sampled=1`), and what an
 * invocation carries whose segments are kept.
 */

/** AWS's own rule of sampling: the first of each second, and this share of the others. */
export const SAMPLING_RATE = 0.05;

export interface InvocationTrace {
  /** `1-<8 hex digits>-<24 hex digits>` */
  readonly traceId: string;
  /** The segment of whoever called, where it is part of the trace. */
  readonly parentId?: string;
  /** What the segments of this invocation are called: the function is told `invocation`. */
  readonly ids: SegmentIds;
  /** When Lambda was asked, by the wall clock. */
  readonly receivedAtMs: number;
  /** Of an asynchronous event: the how manieth try it is (1, 2, ...), and when it was accepted. */
  readonly event?: { readonly attempt: number; readonly acceptedAtMs: number };
}

export interface SegmentIds {
  readonly lambda: string;
  readonly attempt: string;
  readonly function: string;
  readonly invocation: string;
}

export function isSampled(traceHeader: string): boolean {
  // Nearly all are not: a regular expression costs ten times as much.
  return traceHeader.includes('Sampled=1') && /(?:^|;)Sampled=1(?:;|$)/.test(traceHeader);
}

/** Whether somebody has decided already; `Sampled=?` asks for a decision. */
export function isDecided(traceHeader: string): boolean {
  return /(?:^|;)Sampled=[01](?:;|$)/.test(traceHeader);
}

export function traceIdOf(traceHeader: string): string | undefined {
  return /(?:^|;)Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)/i.exec(traceHeader)?.[1];
}

export function parentIdOf(traceHeader: string): string | undefined {
  return /(?:^|;)Parent=([0-9a-f]{16})(?:;|$)/i.exec(traceHeader)?.[1];
}

/** The header with these members at its front. */
export function withMembers(
  traceHeader: string,
  members: Readonly<Record<string, string>>,
): string {
  const given = Object.entries(members).map(([name, value]) => `${name}=${value}`);
  const others = traceHeader.split(';').filter((part) => {
    const [name = ''] = part.split('=', 1);
    return part !== '' && !Object.hasOwn(members, name);
  });
  return [...given, ...others].join(';');
}
