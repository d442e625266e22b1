/**
 * A segment document as its sender wrote it, as far as Hearth reads it. Names are those of AWS's
 * "X-Ray segment documents"; times are seconds since 1970, with a fraction.
 */
export interface Segment {
  readonly id: string;
  readonly name: string;
  readonly trace_id?: string;
  readonly parent_id?: string;
  readonly start_time: number;
  readonly end_time?: number;
  readonly in_progress?: boolean;
  /** Of one that was sent without the segment that it is part of. */
  readonly type?: string;
  readonly origin?: string;
  readonly namespace?: string;
  readonly user?: string;
  readonly resource_arn?: string;
  readonly fault?: boolean;
  readonly error?: boolean;
  readonly throttle?: boolean;
  readonly http?: Http;
  readonly aws?: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, unknown>>;
  readonly subsegments?: readonly Segment[];
}

export interface Http {
  readonly request?: {
    readonly url?: string;
    readonly method?: string;
    readonly user_agent?: string;
    readonly client_ip?: string;
  };
  readonly response?: { readonly status?: number };
}

/** The segment and everything that it is made of. */
export function* withSubsegments(segment: Segment): Generator<Segment> {
  const waiting: Segment[] = [segment];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    yield next;
    waiting.push(...(next.subsegments ?? []));
  }
}

/** Seconds; one that is in progress has lasted no time yet. */
export function durationOf({ start_time: start, end_time: end = start }: Segment): number {
  return Math.max(0, end - start);
}
